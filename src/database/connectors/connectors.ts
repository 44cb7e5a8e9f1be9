import type { Caller } from '../caller.ts'
import type { DeadLetter, NewDeadLetter } from './dead-letter.ts'

/** Ways for records to come in, each with a name: which there are, whether they run, and what they could not store. All failures are ServerError. */
export interface Connectors {
  list(caller: Caller): Promise<readonly ConnectorDescription[]>
  /** Makes or replaces one; it runs at once unless it is told not to. @throws ServerError VALIDATION, CONFLICT when the name belongs to the configuration */
  put(caller: Caller, input: PutConnectorInput): Promise<ConnectorDescription>
  /** @throws ServerError RESOURCE_NOT_FOUND, CONFLICT when it belongs to the configuration */
  delete(caller: Caller, name: string): Promise<void>
  /** Lets it run until it is stopped: also after a restart. @throws ServerError RESOURCE_NOT_FOUND */
  start(caller: Caller, name: string): Promise<ConnectorDescription>
  /** Keeps it from running until it is started. @throws ServerError RESOURCE_NOT_FOUND */
  stop(caller: Caller, name: string): Promise<ConnectorDescription>

  /** Oldest first, of this node. */
  deadLetters(caller: Caller, input: DeadLettersInput): Promise<DeadLetterPage>
  /** @throws ServerError RESOURCE_NOT_FOUND */
  deadLetter(caller: Caller, id: string): Promise<DeadLetter>
  /** Decodes and writes them again as they were; those that are stored now are no dead letters any more. */
  replay(caller: Caller, input: DeadLetterSelection): Promise<ReplayOutcome>
  /** Answers how many there were. */
  deleteDeadLetters(caller: Caller, input: DeadLetterSelection): Promise<number>

  /** Called once, by what runs them. */
  attach(runner: ConnectorRunner, configured: readonly ConnectorDefinition[]): Promise<void>
  /** Durable when it resolves. */
  bury(connector: string, letters: readonly NewDeadLetter[]): Promise<void>
  /** Where a connector stands in its sources; it goes with the connector. */
  positions(connector: string): ConnectorPositions
  /** Dead letters of this process that gave way to newer ones. */
  droppedDeadLetters(connector: string): number
}

/** Small documents that a connector keeps, the same for all nodes: positions in its sources, who reads them. */
export interface ConnectorPositions {
  get<T>(key: string): Promise<ConnectorPosition<T> | undefined>
  /** By key. */
  list<T>(): Promise<readonly ConnectorPosition<T>[]>
  /** Durable when it resolves; false when somebody else has changed it since `ifRevision` (0: it is not there). */
  put<T>(key: string, value: T, ifRevision: number): Promise<boolean>
  /** False when somebody else has changed it since. */
  remove(key: string, ifRevision: number): Promise<boolean>
}

export interface ConnectorPosition<T> {
  readonly key: string
  readonly value: T
  /** Greater by one with every change, as long as it is there. */
  readonly revision: number
}

export interface PutConnectorInput {
  readonly name: string
  readonly type: string
  readonly options: ConnectorOptionsJson
  /** User in whose name records are written; the caller when absent. Only root may name another one. */
  readonly principal?: string
  /** True when absent. */
  readonly isRunning?: boolean
}

export type ConnectorOptionsJson = Readonly<Record<string, JsonValue>>
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue }

export interface ConnectorDefinition {
  readonly name: string
  readonly type: string
  readonly options: ConnectorOptionsJson
  /** Name of the user; `root`. */
  readonly principal: string
  readonly isRunning: boolean
  /** `built-in`: an HTTP receiver that nobody has configured. */
  readonly origin: 'built-in' | 'configuration' | 'api'
}

export interface ConnectorDescription extends ConnectorDefinition {
  readonly state: ConnectorState
}

export interface ConnectorState {
  /** `waiting`: it cannot work at this moment, because of `problem`, and tries again. */
  readonly status: 'running' | 'waiting' | 'stopped'
  readonly problem?: string
  /** Since the start of the process. */
  readonly recordsAccepted: number
  readonly recordsRejected: number
  readonly messages: number
  readonly deadLetters: number
  readonly pendingBytes: number
  /** When records were stored last. */
  readonly lastRecordsAtMs?: number
}

export interface DeadLettersInput {
  readonly connector: string
  readonly maxResults?: number
  /** Id of the last one that was seen. */
  readonly nextToken?: string
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetter[]
  readonly nextToken?: string
}

export interface DeadLetterSelection {
  readonly connector: string
  /** All when absent. */
  readonly ids?: readonly string[]
}

export interface ReplayOutcome {
  readonly replayed: number
  readonly failed: readonly { readonly id: string; readonly reason: string }[]
}

/** What runs connectors: the ingest floor. */
export interface ConnectorRunner {
  /** @throws ServerError VALIDATION */
  check(definition: ConnectorDefinition): void
  /** Names of the options that are not shown. */
  secretOptions(type: string): ReadonlySet<string>
  /** These are to be there from now on. */
  apply(definitions: readonly ConnectorDefinition[]): Promise<void>
  state(name: string): ConnectorState
  /** Answers why it cannot be stored still; undefined: it is stored. */
  replay(name: string, letter: DeadLetter): Promise<string | undefined>
}
