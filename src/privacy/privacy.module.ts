import { Module } from '@nestjs/common';
import { PiiDetector } from './detector.js';

/** Personal data: the detector, shared since it has no state. Maskers are made one a conversation or a stream. */
@Module({
  providers: [{ provide: PiiDetector, useFactory: () => new PiiDetector() }],
  exports: [PiiDetector],
})
export class PrivacyModule {}
