import { jsonFunctions } from './functions-of-json.ts'
import { mathFunctions } from './functions-of-numbers.ts'
import { messageFunctions } from './functions-of-the-message.ts'
import { textFunctions } from './functions-of-text.ts'
import type { RuleFunction } from './rule-function.ts'
import { syntaxError } from './rule-tokens.ts'

const functions: Readonly<Record<string, RuleFunction>> = { ...mathFunctions, ...textFunctions, ...jsonFunctions, ...messageFunctions }

/** They ask services of AWS that are not there. */
const elsewhere = [
  'aws_lambda',
  'get_dynamodb',
  'get_mqtt_property',
  'get_registry_data',
  'get_secret',
  'get_thing_shadow',
  'get_user_properties',
  'machinelearning_predict',
  'parse_time',
  'sourceip',
]

/** Names are not case-sensitive. @throws ServerError VALIDATION */
export function functionNamed(name: string, at: number): RuleFunction {
  const lower = name.toLowerCase()
  if (Object.hasOwn(functions, lower)) return functions[lower]!
  throw syntaxError(elsewhere.includes(lower) ? `The function ${name} is not supported here,` : `There is no function ${name},`, at)
}
