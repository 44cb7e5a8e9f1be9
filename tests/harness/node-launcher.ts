import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Launcher {
  readonly command: string
  /** Before the arguments of the node. */
  readonly args: readonly string[]
}

const here = import.meta.dirname

/** How to start a node on this machine: Python when it is there, else a program that the C compiler makes in `workDirectory`. */
export function findLauncher(workDirectory: string): Launcher {
  const library = libchdbPath()
  if (works('python3', ['-c', 'import ctypes'])) return { command: 'python3', args: [join(here, 'launch-node.py'), library] }
  const compiler = ['cc', 'gcc', 'clang'].find((name) => works(name, ['--version']))
  if (compiler === undefined) throw new Error('a ClickHouse node needs python3 or a C compiler to be started; or set CLICKHOUSE_URL')
  const program = join(workDirectory, 'launch-node')
  execFileSync(compiler, ['-O1', '-o', program, join(here, 'launch-node.c'), '-ldl'])
  return { command: program, args: [library] }
}

/** The engine's library, inside the platform package of chdb. */
function libchdbPath(): string {
  const chdb = dirname(createRequire(import.meta.url).resolve('chdb/package.json'))
  const packages = realpathSync(join(chdb, '..', '@chdb'))
  const platform = readdirSync(packages).find((name) => name.startsWith(`lib-${process.platform}-${process.arch}`))
  if (platform === undefined) throw new Error(`chdb has no library for ${process.platform}-${process.arch}`)
  return join(packages, platform, 'libchdb.so')
}

function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
