import { ServerError } from '../../../../base/errors.ts'
import type { TableRecords } from '../../../record-sink.ts'
import { PartlyDecoded } from '../../../partly-decoded.ts'
import type { RuleMessage } from './rule-scope.ts'
import type { Payloads, TopicRule } from './topic-rule.ts'

/**
 * The records that all rules make of a message.
 * @throws PartlyDecoded when a rule fails, with the records of the others; ServerError VALIDATION when there are none
 */
export function applyRules(rules: readonly TopicRule[], message: Omit<RuleMessage, 'version'>): readonly TableRecords[] {
  const tables: TableRecords[] = []
  const failures: string[] = []
  const payloads: Payloads = new Map()
  for (const rule of rules) {
    if (!rule.isEnabled || !rule.matches(message.topic)) continue
    try {
      tables.push(...rule.apply(message, payloads))
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      failures.push(`${rule.name}: ${error.message}`)
    }
  }
  if (failures.length === 0) return tables
  throw new PartlyDecoded(failures.join(' '), tables)
}
