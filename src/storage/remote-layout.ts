import { ServerError } from '../base/errors.ts'
import type { Engine } from '../engine/engine.ts'
import { storagePolicy } from './at-rest/disks.ts'
import { type LayoutOptions, magneticVolume, memoryVolume } from './layout.ts'

export interface RemoteLayout {
  readonly layout: LayoutOptions
  /** What the operator should know. */
  readonly note?: string
}

/**
 * How tables are laid out on ClickHouse nodes that somebody else has configured: tiers by the storage policy `tidemark` where the nodes
 * have it; replication by the engine where the nodes name their shard and replica (macros), otherwise by writing all replicas.
 * @throws ServerError CONFIGURATION when the nodes know no such cluster
 */
export async function remoteLayout(engine: Engine, engineDatabase: string, cluster: string | undefined): Promise<RemoteLayout> {
  const tiers = await readTiers(engine)
  const layout = { engineDatabase, ...(tiers === undefined ? {} : { storagePolicy }) }
  const note = tiersNote(tiers)
  if (cluster === undefined) return { layout, ...note }
  const [nodes] = await engine.rows('SELECT toFloat64(count()) FROM system.clusters WHERE cluster = {cluster:String}', { cluster })
  if (Number(nodes?.[0]) === 0)
    throw new ServerError('CONFIGURATION', `The ClickHouse nodes know no cluster named ${cluster} (system.clusters).`)
  const [macros] = await engine.rows("SELECT toFloat64(uniq(macro)) FROM system.macros WHERE macro IN ('shard', 'replica')")
  const replication = Number(macros?.[0]) === 2 ? 'engine' : 'distributed'
  return { layout: { ...layout, cluster: { name: cluster, replication } }, ...note }
}

interface Tiers {
  readonly isEncrypted: boolean
}

/** undefined when there is no policy with both volumes. */
async function readTiers(engine: Engine): Promise<Tiers | undefined> {
  const rows = await engine.rows(
    'SELECT p.volume_name, toFloat64(min(d.is_encrypted)) FROM (SELECT volume_name, arrayJoin(disks) AS disk FROM system.storage_policies ' +
      'WHERE policy_name = {policy:String}) AS p INNER JOIN system.disks AS d ON d.name = p.disk GROUP BY p.volume_name',
    { policy: storagePolicy },
  )
  const encrypted = new Map(rows.map(([volume, isEncrypted]) => [String(volume), Number(isEncrypted) === 1]))
  const [memory, magnetic] = [encrypted.get(memoryVolume), encrypted.get(magneticVolume)]
  return memory === undefined || magnetic === undefined ? undefined : { isEncrypted: memory && magnetic }
}

function tiersNote(tiers: Tiers | undefined): { readonly note?: string } {
  if (tiers === undefined) {
    return {
      note:
        `The ClickHouse nodes have no storage policy ${storagePolicy} with the volumes ${memoryVolume} and ${magneticVolume}: both stores lie on their ` +
        'default disk, and whether that is encrypted is up to them.',
    }
  }
  return tiers.isEncrypted ? {} : { note: `The disks of the storage policy ${storagePolicy} of the ClickHouse nodes are not encrypted.` }
}
