import { describe, expect, it } from 'vitest'
import { ServerError } from '../../../base/errors.ts'
import type { RecordInput } from '../../write/record.ts'
import { ErrorReport } from './error-report.ts'
import { RecordWriter, type TargetWriter } from './write-records.ts'

const records = (count: number): RecordInput[] =>
  Array.from({ length: count }, (_, i) => ({ MeasureName: 'm', MeasureValue: String(i), MeasureValueType: 'BIGINT', Time: '1' }))
const never = new AbortController().signal
const errorsOf = (report: ErrorReport) =>
  (JSON.parse(report.text()) as { errors: readonly { reason: string; records?: readonly object[] }[] }).errors

async function written(target: TargetWriter, input: readonly RecordInput[], signal = never) {
  const report = new ErrorReport(100)
  const writer = new RecordWriter(target, report, signal)
  for (const record of input) await writer.add([record])
  await writer.end()
  return { writer, report }
}

describe('records', () => {
  it('are written in batches, some at once', async () => {
    const sizes: number[] = []
    let underWay = 0
    let most = 0
    const target: TargetWriter = {
      write: async (batch) => {
        sizes.push(batch.length)
        most = Math.max(most, ++underWay)
        await new Promise((resolve) => setTimeout(resolve, 5))
        underWay--
      },
    }
    const { writer, report } = await written(target, records(9500))
    expect(sizes).toEqual([...Array.from({ length: 9 }, () => 1000), 500])
    expect(most).toBe(4)
    expect(writer.ingested).toBe(9500)
    // 8 of the time, 1 of the name, 8 of the value
    expect(writer.bytes).toBe(9500 * 17)
    expect(report.isEmpty).toBe(true)
  })

  it('are tried again while the writer is throttled', async () => {
    let refusals = 3
    const target: TargetWriter = {
      write: async () => {
        if (refusals-- > 0) throw new ServerError('THROTTLING', 'too many')
      },
    }
    expect((await written(target, records(10))).writer.ingested).toBe(10)
  })

  it('that are not valid are found and reported, and their neighbours written', async () => {
    const stored: (string | undefined)[] = []
    const target: TargetWriter = {
      write: async (batch) => {
        const bad = batch.findIndex(({ MeasureValue }) => MeasureValue === '7' || MeasureValue === '300')
        if (bad >= 0) throw new ServerError('VALIDATION', `Records[${bad}].MeasureValue: bad.`)
        stored.push(...batch.map(({ MeasureValue }) => MeasureValue))
      },
    }
    const { writer, report } = await written(target, records(1000))
    expect(writer.ingested).toBe(998)
    expect(new Set(stored).size).toBe(998)
    expect(stored).toHaveLength(998)
    const [error, ...others] = errorsOf(report)
    expect(others).toEqual([])
    expect(error).toMatchObject({ reason: 'MeasureValue: bad.', records: [{ measureValue: '7' }, { measureValue: '300' }] })
  })

  it('that are rejected are reported with their reasons', async () => {
    const RejectedRecords = [{ RecordIndex: 1, Reason: 'too old' }]
    const target: TargetWriter = {
      write: async () => {
        throw new ServerError('REJECTED_RECORDS', 'rejected', { members: { RejectedRecords } })
      },
    }
    const { writer, report } = await written(target, records(3))
    expect(writer.ingested).toBe(2)
    expect(errorsOf(report)).toEqual([{ reason: 'too old', records: [expect.objectContaining({ measureValue: '1' }) as object] }])
  })

  it('end with what their table fails with, and with the signal', async () => {
    const gone: TargetWriter = { write: () => Promise.reject(new ServerError('RESOURCE_NOT_FOUND', 'gone')) }
    await expect(written(gone, records(5000))).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
    const throttled: TargetWriter = { write: () => Promise.reject(new ServerError('THROTTLING', 'too many')) }
    const stop = new AbortController()
    setTimeout(() => stop.abort(new ServerError('SHUTTING_DOWN', 'stop')), 20)
    await expect(written(throttled, records(10), stop.signal)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })
})
