import { askCommand } from './ask.command.js';
import { auditExportCommand, auditVerifyCommand } from './audit.command.js';
import { backupCommand, restoreCommand } from './backup.command.js';
import type { Command } from './command.js';
import { evalRunCommand } from './eval.command.js';
import { guardCommand } from './guard.command.js';
import { importCommand, importDocumentsCommand } from './import.command.js';
import { levelCommand } from './level.command.js';
import { modelsFetchCommand, modelsListCommand, modelsVerifyCommand } from './models.command.js';
import { piiCommand } from './pii.command.js';
import { eraseCommand, retentionRunCommand, vaultRewrapCommand } from './privacy.command.js';
import { quarantineListCommand, quarantineReleaseCommand, quarantineScanCommand } from './quarantine.command.js';
import { reembedCommand } from './reembed.command.js';
import { retrieveCommand } from './retrieve.command.js';
import { trainOutputCommand, trainRailsCommand } from './train.command.js';

/** Every command of `sangdam`. A parent (`import`) stands before its children. */
export const commands: readonly Command[] = [
  piiCommand,
  guardCommand,
  retrieveCommand,
  askCommand,
  importCommand,
  importDocumentsCommand,
  reembedCommand,
  levelCommand,
  backupCommand,
  restoreCommand,
  modelsListCommand,
  modelsVerifyCommand,
  modelsFetchCommand,
  evalRunCommand,
  trainRailsCommand,
  trainOutputCommand,
  auditVerifyCommand,
  auditExportCommand,
  eraseCommand,
  retentionRunCommand,
  vaultRewrapCommand,
  quarantineListCommand,
  quarantineScanCommand,
  quarantineReleaseCommand,
];
