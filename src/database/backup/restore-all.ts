import type { BackupTarget } from './backup-target.ts'
import type { Sizes } from './follow-engine.ts'
import type { BackupOptions } from './make-backup.ts'
import type { Manifest } from './manifest.ts'
import { planRestore, restoreBackup } from './restore-backup.ts'

/** Fills an empty storage with everything that a backup holds: tables, and the other documents of the catalog. Answers the rows. */
export async function restoreAll(
  options: Pick<BackupOptions, 'storage' | 'backups' | 'clock'>,
  target: BackupTarget,
  manifest: Manifest,
  tell: (sizes: Sizes) => void,
): Promise<number> {
  const plan = await planRestore(options, target, manifest, { target: target.text })
  const rows = await restoreBackup(options, target, plan, tell)
  for (const { kind, key, value } of plan.catalog.documents) {
    if (kind !== 'table' && kind !== 'database') await options.storage.documents.put(kind, key, value, 0)
  }
  return rows
}
