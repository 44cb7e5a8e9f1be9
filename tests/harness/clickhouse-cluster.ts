import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild, type Child } from './child.ts'
import { freePorts } from './free-ports.ts'
import { hasKeeper, startKeeper, type Keeper } from './keeper.ts'
import { findLauncher } from './node-launcher.ts'

export interface ClusterOptions {
  /** Default 1. */
  readonly shards?: number
  /** Nodes of each shard. Default 1. */
  readonly replicas?: number
  /** Start ZooKeeper too, for KeeperMap tables. Default: when the cluster has several nodes and ZooKeeper is installed. */
  readonly keeper?: boolean
  /** Further XML inside `<clickhouse>` of a node, for instance a storage policy; `directory` is the node's own. */
  readonly nodeConfig?: (directory: string) => string
}

export interface ClickhouseCluster {
  /** `http://127.0.0.1:port` of each node, shard by shard. */
  readonly endpoints: readonly string[]
  /** Its name in `remote_servers`. */
  readonly clusterName: string
  /** Whether KeeperMap tables can be made. */
  readonly hasKeeper: boolean
  /** Ends a node as a power failure would. */
  kill(node: number): Promise<void>
  /** Starts a killed node again, with its data and ports. */
  restart(node: number): Promise<void>
  /** Ends everything and removes the data. Idempotent. */
  stop(): Promise<void>
}

const clusterName = 'test_cluster'

interface Node {
  readonly directory: string
  readonly httpPort: number
  readonly tcpPort: number
  child: Child | undefined
}

/**
 * Real ClickHouse nodes, made out of the library that chdb brings. Where CLICKHOUSE_URL names servers (separated by commas; their
 * cluster in CLICKHOUSE_CLUSTER), those are taken instead.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<ClickhouseCluster> {
  const given = process.env['CLICKHOUSE_URL']
  if (given !== undefined && given !== '') return givenServers(given.split(','), process.env['CLICKHOUSE_CLUSTER'] ?? 'default')
  const { shards = 1, replicas = 1 } = options
  const root = mkdtempSync(join(tmpdir(), 'tidemark-cluster-'))
  const nodes: Node[] = []
  let keeper: Keeper | undefined
  const stop = async (): Promise<void> => {
    await Promise.all([...nodes.map((node) => node.child?.kill()), keeper?.stop()])
    rmSync(root, { recursive: true, force: true })
  }
  try {
    if (options.keeper ?? (shards * replicas > 1 && hasKeeper())) {
      mkdirSync(join(root, 'keeper'))
      keeper = await startKeeper(join(root, 'keeper'))
    }
    const ports = await freePorts(shards * replicas * 2)
    for (let index = 0; index < shards * replicas; index++) {
      const directory = join(root, `node${index}`)
      mkdirSync(directory)
      nodes.push({ directory, httpPort: ports[index * 2]!, tcpPort: ports[index * 2 + 1]!, child: undefined })
    }
    const launcher = findLauncher(root)
    const start = async (node: Node): Promise<void> => {
      const config = join(node.directory, 'config.xml')
      writeFileSync(config, nodeXml(nodes, replicas, keeper, options.nodeConfig?.(node.directory) ?? ''))
      const statements =
        'SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; SELECT sleepEachRow(1) FROM numbers(100000000) SETTINGS max_block_size = 1 FORMAT Null'
      const address = ['--listen_host=127.0.0.1', `--tcp_port=${node.tcpPort}`, `--http_port=${node.httpPort}`]
      const args = [
        ...launcher.args,
        `--path=${join(node.directory, 'data')}`,
        ...address,
        `--config-file=${config}`,
        '--query',
        statements,
      ]
      node.child = startChild(launcher.command, args, node.directory)
      await answers(node)
    }
    await Promise.all(nodes.map(start))
    return {
      endpoints: nodes.map((node) => endpointOf(node)),
      clusterName,
      hasKeeper: keeper !== undefined,
      kill: async (index) => nodes[index]?.child?.kill(),
      restart: async (index) => start(nodes[index]!),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

const endpointOf = (node: Node): string => `http://127.0.0.1:${node.httpPort}`

async function answers(node: Node): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (!node.child?.alive) throw new Error(`a ClickHouse node ended: ${node.child?.output()}`)
    const response = await fetch(`${endpointOf(node)}/ping`).catch(() => undefined)
    if (response?.ok) return
    await delay(50)
  }
  throw new Error(`a ClickHouse node does not answer: ${node.child?.output()}`)
}

/** Pairs of plain tables stand for replicated ones: these nodes have no replication among themselves. */
function nodeXml(nodes: readonly Node[], replicas: number, keeper: Keeper | undefined, further: string): string {
  const shards: string[] = []
  for (let first = 0; first < nodes.length; first += replicas) {
    const members = nodes.slice(first, first + replicas).map((n) => `<replica><host>127.0.0.1</host><port>${n.tcpPort}</port></replica>`)
    shards.push(`<shard><internal_replication>false</internal_replication>${members.join('')}</shard>`)
  }
  const coordination =
    keeper === undefined
      ? ''
      : `<zookeeper><node><host>127.0.0.1</host><port>${keeper.port}</port></node></zookeeper><keeper_map_path_prefix>/tidemark</keeper_map_path_prefix>`
  return [
    '<clickhouse>',
    '<logger><level>none</level></logger>',
    `<remote_servers><${clusterName}>${shards.join('')}</${clusterName}></remote_servers>`,
    coordination,
    further,
    '</clickhouse>\n',
  ].join('\n')
}

function givenServers(endpoints: readonly string[], name: string): ClickhouseCluster {
  const refuse = (): Promise<never> => Promise.reject(new Error('the servers of CLICKHOUSE_URL are not ours to kill'))
  return { endpoints, clusterName: name, hasKeeper: true, kill: refuse, restart: refuse, stop: () => Promise.resolve() }
}
