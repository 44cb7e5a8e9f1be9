import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Limits } from '../../base/limits.ts'
import type { FileSeal } from '../../storage/at-rest/file-seal.ts'
import { syncFolder } from '../../storage/at-rest/private-file.ts'
import type { DeadLetter, NewDeadLetter } from './dead-letter.ts'

/** Letters that were buried together: one encrypted file, named by the number of the first and how many there were. */
interface Bundle {
  readonly first: number
  readonly count: number
  bytes: number
}

type StoredLetter = Omit<DeadLetter, 'id' | 'connector' | 'payload'> & { readonly payload: string }
type Kept = Pick<Limits, 'deadLetters' | 'deadLetterBytes' | 'deadLetterPayloadBytes'>

const bundleName = /^(\d{12})-(\d+)$/
const numberDigits = 12

/** The dead letters of one connector, in files of its folder; bounded: the oldest give way. */
export class DeadLetterFiles {
  readonly #connector: string
  readonly #folder: string
  readonly #seal: FileSeal
  readonly #limits: Kept
  #bundles: Bundle[] = []
  #next = 1
  #opened: Promise<void> | undefined
  /** Changes follow one another. */
  #last: Promise<unknown> = Promise.resolve()
  #dropped = 0

  constructor(connector: string, folder: string, seal: FileSeal, limits: Kept) {
    this.#connector = connector
    this.#folder = folder
    this.#seal = seal
    this.#limits = limits
  }

  /** Letters that gave way to newer ones since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /** Durable when it resolves. */
  add(letters: readonly NewDeadLetter[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#ready()
      if (letters.length === 0) return
      const most = this.#limits.deadLetterPayloadBytes
      const stored = letters.map((letter): StoredLetter => {
        const isCut = letter.payload.length > most
        return { ...letter, isCut, payload: letter.payload.subarray(0, most).toString('base64') }
      })
      const bundle: Bundle = { first: this.#next, count: stored.length, bytes: 0 }
      this.#next += stored.length
      await this.#write(bundle, stored)
      this.#bundles.push(bundle)
      await this.#shrink()
    })
  }

  /** Oldest first, those after the number. */
  async list(after: number, most: number): Promise<readonly DeadLetter[]> {
    await this.#ready()
    const found: DeadLetter[] = []
    for (const bundle of this.#bundles) {
      if (bundle.first + bundle.count - 1 <= after) continue
      for (const letter of await this.#read(bundle)) if (numberOf(letter) > after) found.push(letter)
      if (found.length >= most) break
    }
    return found.slice(0, most)
  }

  async get(number: number): Promise<DeadLetter | undefined> {
    await this.#ready()
    const bundle = this.#bundles.find(({ first, count }) => number >= first && number < first + count)
    return bundle && (await this.#read(bundle)).find((letter) => numberOf(letter) === number)
  }

  /** Answers how many were there. */
  remove(numbers: ReadonlySet<number>): Promise<number> {
    return this.#inTurn(async () => {
      await this.#ready()
      let removed = 0
      for (const bundle of [...this.#bundles]) {
        const stored = await this.#readStored(bundle)
        const left = stored.map((letter, i) => (numbers.has(bundle.first + i) ? null : letter))
        const here = stored.filter((letter, i) => letter !== null && left[i] === null).length
        if (here === 0) continue
        removed += here
        if (left.every((letter) => letter === null)) await this.#drop(bundle)
        else await this.#write(bundle, left)
      }
      return removed
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #ready(): Promise<void> {
    return (this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    }))
  }

  async #open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const names = (await readdir(this.#folder)).toSorted()
    for (const name of names) {
      const [, first, count] = bundleName.exec(name) ?? []
      if (first === undefined) await rm(join(this.#folder, name), { force: true })
      else this.#bundles.push({ first: Number(first), count: Number(count), bytes: (await stat(join(this.#folder, name))).size })
    }
    const last = this.#bundles.at(-1)
    if (last !== undefined) this.#next = last.first + last.count
  }

  async #read(bundle: Bundle): Promise<readonly DeadLetter[]> {
    return (await this.#readStored(bundle)).flatMap((letter, i) =>
      letter === null
        ? []
        : [
            {
              ...letter,
              id: `${this.#connector}:${bundle.first + i}`,
              connector: this.#connector,
              payload: Buffer.from(letter.payload, 'base64'),
            },
          ],
    )
  }

  async #readStored(bundle: Bundle): Promise<readonly (StoredLetter | null)[]> {
    const name = nameOf(bundle)
    const plain = this.#seal.open(await readFile(join(this.#folder, name)), this.#context(name))
    return JSON.parse(plain.toString()) as readonly (StoredLetter | null)[]
  }

  async #write(bundle: Bundle, letters: readonly (StoredLetter | null)[]): Promise<void> {
    const name = nameOf(bundle)
    const sealed = this.#seal.seal(Buffer.from(JSON.stringify(letters)), this.#context(name))
    const path = join(this.#folder, name)
    const file = await open(`${path}.new`, 'w', 0o600)
    try {
      await file.writeFile(sealed)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
    await syncFolder(this.#folder)
    bundle.bytes = sealed.length
  }

  /** The newest bundle always stays. */
  async #shrink(): Promise<void> {
    const sum = (of: (bundle: Bundle) => number): number => this.#bundles.reduce((total, bundle) => total + of(bundle), 0)
    while (
      this.#bundles.length > 1 &&
      (sum(({ count }) => count) > this.#limits.deadLetters || sum(({ bytes }) => bytes) > this.#limits.deadLetterBytes)
    ) {
      this.#dropped += this.#bundles[0]!.count
      await this.#drop(this.#bundles[0]!)
    }
  }

  async #drop(bundle: Bundle): Promise<void> {
    await rm(join(this.#folder, nameOf(bundle)), { force: true })
    this.#bundles = this.#bundles.filter((each) => each !== bundle)
  }

  #context(name: string): string {
    return `${this.#connector}/${name}`
  }
}

const nameOf = ({ first, count }: Bundle): string => `${String(first).padStart(numberDigits, '0')}-${count}`
const numberOf = ({ id }: DeadLetter): number => Number(id.slice(id.lastIndexOf(':') + 1))
