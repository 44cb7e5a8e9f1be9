import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startChild, type Child } from './child.ts'
import { freePorts } from './free-ports.ts'

/** Debian's package zookeeper puts it there. */
const zookeeperJar = '/usr/share/java/zookeeper.jar'

/** Whether a keeper can be started on this machine. */
export function hasKeeper(): boolean {
  return existsSync(zookeeperJar)
}

export interface Keeper {
  readonly port: number
  stop(): Promise<void>
}

/** ZooKeeper, the coordination service that KeeperMap tables live in. */
export async function startKeeper(directory: string): Promise<Keeper> {
  if (!hasKeeper()) throw new Error(`${zookeeperJar} is not there; install the Debian package zookeeper`)
  const [port] = (await freePorts(1)) as [number]
  mkdirSync(join(directory, 'data'), { recursive: true })
  const config = [
    'tickTime=500',
    `dataDir=${join(directory, 'data')}`,
    `clientPort=${port}`,
    'clientPortAddress=127.0.0.1',
    'admin.enableServer=false',
    '4lw.commands.whitelist=ruok',
    'maxClientCnxns=0',
  ]
  writeFileSync(join(directory, 'zoo.cfg'), `${config.join('\n')}\n`)
  const args = ['-Xmx128m', '-cp', '/usr/share/java/*', 'org.apache.zookeeper.server.quorum.QuorumPeerMain', join(directory, 'zoo.cfg')]
  const child = startChild('java', args, directory)
  try {
    await answers(port, child)
  } catch (error) {
    await child.kill()
    throw error
  }
  return { port, stop: () => child.kill() }
}

async function answers(port: number, child: Child): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (!child.alive) throw new Error(`ZooKeeper ended: ${child.output()}`)
    if ((await askWhetherOk(port)) === 'imok') return
    await delay(100)
  }
  throw new Error(`ZooKeeper does not answer: ${child.output()}`)
}

async function askWhetherOk(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.end('ruok')
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return answer
  } catch {
    return ''
  } finally {
    socket.destroy()
  }
}
