import { approximateAggregates } from './aggregate/approximate.ts'
import { basicAggregates } from './aggregate/basic.ts'
import { collectingAggregates } from './aggregate/collect.ts'
import { mappingAggregates } from './aggregate/mapping.ts'
import { statisticalAggregates } from './aggregate/statistical.ts'
import type { FunctionDefinition } from './definition.ts'

export const aggregateFunctions: readonly FunctionDefinition[] = [
  ...approximateAggregates,
  ...basicAggregates,
  ...collectingAggregates,
  ...mappingAggregates,
  ...statisticalAggregates,
]
