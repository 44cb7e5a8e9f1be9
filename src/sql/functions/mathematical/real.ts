import { call, float, when } from '../../clickhouse/tree.ts'
import type { Node } from '../../clickhouse/tree.ts'
import type { Example, FunctionDefinition, Lower, LowerCall } from '../definition.ts'
import { absolute, and, equal, less, minus, not, or, over, plus, times, unequal } from '../expression.ts'

const source = 'developer guide, "Mathematical functions"'
const extensionSource = 'Trino documentation, "Mathematical functions"'

/** A function of one double, by the engine's function of that name. */
function ofDouble(
  name: string,
  engineName: string,
  summary: string,
  sample: readonly [sql: string, result: string],
  aliases?: readonly string[],
): FunctionDefinition {
  const examples: readonly Example[] = [
    { sql: sample[0], type: 'double', result: sample[1] },
    { sql: `${name}(NULL)`, type: 'double', result: null },
  ]
  const lower: Lower = (_, x) => call(engineName, x)
  return {
    name,
    ...(aliases && { aliases }),
    kind: 'scalar',
    family: 'mathematical',
    status: name === 'sinh' ? 'extension' : 'documented',
    summary,
    source: name === 'sinh' ? extensionSource : source,
    signatures: [{ pattern: '(double) -> double', lower }],
    examples,
  }
}

function constant(name: string, summary: string, value: number, text: string): FunctionDefinition {
  return {
    name,
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary,
    source,
    signatures: [{ pattern: '() -> double', lower: () => float(value) }],
    examples: [
      { sql: `${name}()`, type: 'double', result: text },
      { sql: `${name}(1)`, error: 'TYPE_MISMATCH' },
    ],
  }
}

/** As Java's Math.pow: NaN where |x| is 1 and p infinite, and where p is NaN. */
function power(context: LowerCall, base: Node, exponent: Node): Node {
  const value = context.constant(1)
  if (value !== undefined && value !== null) return call('pow', base, exponent)
  return context.let(base, (x) =>
    context.let(exponent, (p) =>
      when(or(call('isNaN', p), and(equal(absolute(x), float(1)), call('isInfinite', p))), float(Number.NaN), call('pow', x, p)),
    ),
  )
}

const normalCdf = (context: LowerCall, mean: Node, deviation: Node, value: Node): Node =>
  context.let(deviation, (sd) =>
    context.failIf(
      not(less(float(0), sd)),
      'INVALID_FUNCTION_ARGUMENT',
      'standardDeviation must be > 0',
      times(float(0.5), plus(float(1), call('erf', over(minus(value, mean), times(sd, float(Math.SQRT2)))))),
    ),
  )

/** Vectors of equal length; their elements must not be NULL. */
function vectors(
  name: string,
  summary: string,
  body: (a: Node, b: Node) => Node,
  sample: readonly [sql: string, result: string],
): FunctionDefinition {
  const solid = (array: Node): Node =>
    call(
      'arrayMap',
      { kind: 'lambda', parameters: ['_c'], body: call('ifNull', { kind: 'identifier', name: '_c' }, float(Number.NaN)) },
      array,
    )
  return {
    name,
    kind: 'scalar',
    family: 'mathematical',
    status: 'extension',
    summary,
    source: extensionSource,
    signatures: [
      {
        pattern: '(array(double), array(double)) -> double',
        lower: (context, a, b) =>
          context.let(solid(a), (x) =>
            context.let(solid(b), (y) =>
              context.failIf(
                unequal(call('length', x), call('length', y)),
                'INVALID_FUNCTION_ARGUMENT',
                'The arguments must have the same length',
                body(x, call('arrayResize', y, call('length', x))),
              ),
            ),
          ),
      },
    ],
    examples: [
      { sql: sample[0], type: 'double', result: sample[1] },
      { sql: `${name}(ARRAY[1.0], NULL)`, type: 'double', result: null },
      { sql: `${name}(ARRAY[1.0], ARRAY[1.0, 2.0])`, error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  }
}
const dot = (a: Node, b: Node): Node => call('toFloat64', call('arrayDotProduct', a, b))
const cosine = (a: Node, b: Node): Node => over(dot(a, b), times(call('sqrt', dot(a, a)), call('sqrt', dot(b, b))))

export const realFunctions: readonly FunctionDefinition[] = [
  constant('e', "Euler's number.", Math.E, '2.718281828459045'),
  constant('pi', "The ratio of a circle's circumference to its diameter.", Math.PI, '3.141592653589793'),
  constant('infinity', 'Positive infinity.', Number.POSITIVE_INFINITY, 'Infinity'),
  constant('nan', 'The double that is not a number.', Number.NaN, 'NaN'),
  ofDouble('sqrt', 'sqrt', 'The square root; NaN of a negative value.', ['sqrt(2.25)', '1.5']),
  ofDouble('cbrt', 'cbrt', 'The cube root.', ['cbrt(-27)', '-3.0']),
  ofDouble('exp', 'exp', "Euler's number raised to the power of x.", ['exp(0)', '1.0']),
  ofDouble('ln', 'log', 'The natural logarithm; NaN of a negative value.', ['ln(1)', '0.0']),
  ofDouble('log2', 'log2', 'The logarithm to base 2.', ['log2(8)', '3.0']),
  ofDouble('log10', 'log10', 'The logarithm to base 10.', ['log10(1000)', '3.0']),
  ofDouble('degrees', 'degrees', 'Radians as degrees.', ['degrees(pi())', '180.0']),
  ofDouble('radians', 'radians', 'Degrees as radians.', ['radians(180)', '3.141592653589793']),
  ofDouble('acos', 'acos', 'The arc cosine; NaN outside of [-1, 1].', ['acos(1)', '0.0']),
  ofDouble('asin', 'asin', 'The arc sine; NaN outside of [-1, 1].', ['asin(0)', '0.0']),
  ofDouble('atan', 'atan', 'The arc tangent.', ['atan(0)', '0.0']),
  ofDouble('cos', 'cos', 'The cosine of an angle in radians.', ['cos(0)', '1.0']),
  ofDouble('cosh', 'cosh', 'The hyperbolic cosine.', ['cosh(0)', '1.0']),
  ofDouble('sin', 'sin', 'The sine of an angle in radians.', ['sin(0)', '0.0']),
  ofDouble('sinh', 'sinh', 'The hyperbolic sine.', ['sinh(0)', '0.0']),
  ofDouble('tan', 'tan', 'The tangent of an angle in radians.', ['tan(0)', '0.0']),
  ofDouble('tanh', 'tanh', 'The hyperbolic tangent.', ['tanh(0)', '0.0']),
  {
    name: 'atan2',
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'The angle of the point (x, y), in radians.',
    source,
    signatures: [{ pattern: '(double, double) -> double', lower: (_, y, x) => call('atan2', y, x) }],
    examples: [
      { sql: 'atan2(123.0, 123.0)', type: 'double', result: '0.7853981633974483' },
      { sql: 'atan2(NULL, 1.0)', type: 'double', result: null },
    ],
  },
  {
    name: 'power',
    aliases: ['pow'],
    kind: 'scalar',
    family: 'mathematical',
    status: 'documented',
    summary: 'x raised to the power of p.',
    source,
    signatures: [{ pattern: '(double, double) -> double', lower: power }],
    examples: [
      { sql: 'power(2, 10)', type: 'double', result: '1024.0' },
      { sql: 'pow(0, -3)', type: 'double', result: 'Infinity' },
      { sql: 'power(NULL, 5.0)', type: 'double', result: null },
    ],
  },
  {
    name: 'log',
    kind: 'scalar',
    family: 'mathematical',
    status: 'extension',
    summary: 'The logarithm of x to base b.',
    source: extensionSource,
    signatures: [{ pattern: '(double, double) -> double', lower: (_, b, x) => over(call('log', x), call('log', b)) }],
    examples: [
      { sql: 'log(2, 8)', type: 'double', result: '3.0' },
      { sql: 'log(5, NULL)', type: 'double', result: null },
    ],
  },
  {
    name: 'normal_cdf',
    kind: 'scalar',
    family: 'mathematical',
    status: 'extension',
    summary: 'The cumulative normal distribution of that mean and standard deviation, at a value.',
    source: extensionSource,
    signatures: [{ pattern: '(double, double, double) -> double', lower: normalCdf }],
    examples: [
      { sql: 'normal_cdf(0, 1, 0)', type: 'double', result: '0.5' },
      { sql: 'normal_cdf(0, 1, NULL)', type: 'double', result: null },
      { sql: 'normal_cdf(0, 0, 1)', error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  },
  vectors('dot_product', "The sum of the products of two vectors' elements.", dot, [
    'dot_product(ARRAY[1.0, 2.0], ARRAY[3.0, 4.0])',
    '11.0',
  ]),
  vectors('cosine_similarity', 'The cosine of the angle between two vectors.', cosine, [
    'cosine_similarity(ARRAY[1.0, 0.0], ARRAY[2.0, 0.0])',
    '1.0',
  ]),
  vectors('cosine_distance', 'One less the cosine of the angle between two vectors.', (a, b) => minus(float(1), cosine(a, b)), [
    'cosine_distance(ARRAY[1.0, 0.0], ARRAY[0.0, 2.0])',
    '1.0',
  ]),
  vectors('euclidean_distance', 'The distance of two points.', (a, b) => call('L2Distance', a, b), [
    'euclidean_distance(ARRAY[1.0, 2.0], ARRAY[4.0, 6.0])',
    '5.0',
  ]),
]
