import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { describeEngine } from '../../tests/harness/engine-suite.ts'
import { silentLog } from '../base/log.ts'
import { openChdb } from './chdb.ts'

const dataDirectory = await mkdtemp(join(tmpdir(), 'tidemark-chdb-'))

afterAll(async () => {
  await rm(dataDirectory, { recursive: true, force: true })
})

describeEngine('chdb', (bounds = {}) => openChdb({ dataDirectory, log: silentLog, poolThreads: 6, ...bounds }))

describe('openChdb', () => {
  it('refuses a configuration file that is not there', async () => {
    const opening = openChdb({ dataDirectory, configFile: join(dataDirectory, 'nowhere.xml'), log: silentLog })
    await expect(opening).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})
