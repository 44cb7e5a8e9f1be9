import { describe, expect, it } from 'vitest'
import { engineCode, mapEngineFault } from './errors.ts'

const told = (message: string): ReturnType<typeof mapEngineFault> => mapEngineFault({ code: engineCode(message), message })

describe('mapEngineFault', () => {
  it('gives back an error that the query raised, without what the engine adds to it', () => {
    const message =
      "Code: 395. DB::Exception: TIDEMARK|INVALID_FUNCTION_ARGUMENT|bad: value (3) is no good: while executing 'FUNCTION throwIf(equals(" +
      "__table1.number, 3_UInt8) :: 0, 'TIDEMARK|INVALID_FUNCTION_ARGUMENT|bad: value (3) is no good'_String :: 2) -> throwIf(…) UInt8 : 1'. " +
      '(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)'
    expect(told(message)).toMatchObject({ code: 'INVALID_FUNCTION_ARGUMENT', message: 'bad: value (3) is no good' })
  })

  it('also when another node told it', () => {
    const message =
      'Code: 395. DB::Exception: Received from 127.0.0.1:9000. DB::Exception: TIDEMARK|NUMERIC_VALUE_OUT_OF_RANGE|bigint overflow. ' +
      'Stack trace:\n\n0. x\n: While executing Remote. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)'
    const error = told(message)
    expect(error.code).toBe('NUMERIC_VALUE_OUT_OF_RANGE')
    expect(error.message).toBe('bigint overflow')
  })

  it('does not believe a text that only looks like an error of ours', () => {
    expect(told("Code: 6. DB::Exception: Cannot parse string 'TIDEMARK|CONFIGURATION|x' as Int64").code).toBe('INVALID_CAST_ARGUMENT')
    expect(told('Code: 395. DB::Exception: TIDEMARK|NO_SUCH_CODE|x').code).toBe('INTERNAL')
  })

  it.each([
    ['Code: 153. DB::Exception: Division by zero: while executing …', 'DIVISION_BY_ZERO', 'Division by zero'],
    ['Code: 241. DB::Exception: Query memory limit exceeded: …', 'MEMORY_LIMIT', 'The query computation exceeds maximum available memory'],
    ['Code: 159. DB::Exception: Timeout exceeded: …', 'QUERY_TIMEOUT', 'The query exceeded its time limit'],
    ['Code: 394. DB::Exception: Query was cancelled', 'QUERY_CANCELLED', 'The query was cancelled'],
    [
      'Code: 125. DB::Exception: Scalar subquery returned more than one row.',
      'SUBQUERY_MULTIPLE_ROWS',
      'Scalar sub-query has returned multiple rows',
    ],
  ])('names %j without the words of the engine', (message, code, text) => {
    expect(told(message)).toMatchObject({ code, message: text })
  })

  it('masks what it does not know; only the cause holds the words of the engine', () => {
    const message =
      'Code: 47. DB::Exception: Unknown expression identifier `secret` in scope SELECT secret. (UNKNOWN_IDENTIFIER) (version 26.7.2.1)'
    const error = told(message)
    expect(error.code).toBe('INTERNAL')
    expect(error.definition).toMatchObject({ masked: true })
    expect(error.message).toBe('The engine failed: code 47 (UNKNOWN_IDENTIFIER)')
    expect(error.cause).toBe(message)
    expect(told('Unexpected null connection').message).toBe('The engine failed: no code')
  })
})
