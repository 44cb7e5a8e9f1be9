import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'

const version = '3.9.1'

/** A broker of Apache Kafka without ZooKeeper. Its jars come from Maven Central, once; Java and Maven must be there. */
export class KafkaBroker {
  readonly #folder: string
  readonly #classPath: string
  readonly port: number
  #process: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#classPath = join(jars(), '*')
    this.port = port
  }

  static async start(folder: string): Promise<KafkaBroker> {
    const [port, controller] = [await freePort(), await freePort()]
    const broker = new KafkaBroker(folder, port)
    const properties = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'log.dirs': join(folder, 'kafka'),
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 1,
      'group.initial.rebalance.delay.ms': 0,
      'num.partitions': 2,
    }
    const text = Object.entries(properties).map(([name, value]) => `${name}=${value}`)
    writeFileSync(broker.#properties, text.join('\n'))
    execFileSync(
      'java',
      ['-cp', broker.#classPath, 'kafka.tools.StorageTool', 'format', '-t', '4L6g3nShT-eMCtK--X86sw', '-c', broker.#properties],
      { stdio: 'ignore' },
    )
    await broker.open()
    return broker
  }

  get #properties(): string {
    return join(this.#folder, 'server.properties')
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Resolves when it answers. */
  async open(): Promise<void> {
    this.#process = spawn('java', ['-Xmx400m', '-cp', this.#classPath, 'kafka.Kafka', this.#properties], { stdio: 'ignore' })
    const admin = this.client().admin({ retry: { retries: 0 } })
    for (let attempt = 0; ; attempt++) {
      try {
        await admin.connect()
        await admin.listTopics()
        return await admin.disconnect()
      } catch (error) {
        if (attempt > 150) throw error
        await delay(200)
      }
    }
  }

  async close(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null) return
    const closed = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await closed
  }

  client(): kafkajs.Kafka {
    return new kafkajs.Kafka({ clientId: 'test', brokers: [this.address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 2 } })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function jars(): string {
  const folder = join(tmpdir(), `tidemark-kafka-${version}`)
  if (existsSync(folder)) return folder
  const making = `${folder}-${process.pid}`
  mkdirSync(making, { recursive: true })
  const dependency = `<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>`
  const project = '<groupId>t</groupId><artifactId>t</artifactId><version>1</version>'
  writeFileSync(
    join(making, 'pom.xml'),
    `<project><modelVersion>4.0.0</modelVersion>${project}<dependencies>${dependency}</dependencies></project>`,
  )
  execFileSync('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=.'], { cwd: making, stdio: 'ignore' })
  renameSync(making, folder)
  return folder
}
