import type { SeriesDimensions } from '../../../database/write/ingest-record.ts'
import { SharedNames } from '../../mapping/shared-names.ts'

/** A set of labels as it is stored. */
export interface MetricSeries {
  /** The metric's name. */
  readonly measureName: string
  readonly dimensions: SeriesDimensions
}

const remembered = 200_000

/** Label sets by what names them on the wire, each read once. */
export class MetricSeriesCache {
  readonly #names = new SharedNames()
  readonly #series = new Map<string, MetricSeries | string>()

  /** The series, or what is wrong with its labels. @param read answers names and values in turn */
  find(key: string, read: () => readonly string[]): MetricSeries | string {
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const series = this.#make(read())
    if (this.#series.size >= remembered) this.#series.clear()
    this.#series.set(key, series)
    return series
  }

  /** A label without a value is the same as no label. */
  #make(labels: readonly string[]): MetricSeries | string {
    let measureName = ''
    const names: string[] = []
    const values: string[] = []
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]!
      const value = labels[i + 1]!
      if (name === '') return 'a label has no name'
      if (name === '__name__') {
        if (measureName !== '') return 'the label __name__ is given twice'
        measureName = value
      } else if (value !== '') {
        names.push(name)
        values.push(value)
      }
    }
    if (measureName === '') return 'the label __name__ is missing'
    if (new Set(names).size !== names.length) return `a label of ${measureName} is given twice`
    return { measureName, dimensions: { names: this.#names.list(names), values, isKept: true } }
  }
}
