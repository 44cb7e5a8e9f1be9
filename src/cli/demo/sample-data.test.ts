import { describe, expect, it } from 'vitest'
import { recordsAt, samples } from './sample-data.ts'

const timeMs = 1_600_000_000_000

describe.each(samples)('the sample of $singleTable', (sample) => {
  const recordsOf = (count: number) => sample.sources(count).map((source) => recordsAt(sample, source, timeMs))

  it('is the same every time', () => {
    expect(recordsOf(5)).toEqual(recordsOf(5))
  })

  it('has a series of its own for every source', () => {
    const names = recordsOf(30).map(({ multi }) => JSON.stringify(multi.Dimensions))
    expect(new Set(names).size).toBe(30)
  })

  it('says the same as single measures and as one record', () => {
    for (const { single, multi } of recordsOf(3)) {
      expect(
        single.map(({ MeasureName, MeasureValue, MeasureValueType }) => ({
          Name: MeasureName,
          Value: MeasureValue,
          Type: MeasureValueType,
        })),
      ).toEqual(multi.MeasureValues)
      expect(multi).toMatchObject({ MeasureName: sample.multiMeasureName, MeasureValueType: 'MULTI', Time: String(timeMs) })
    }
  })
})
