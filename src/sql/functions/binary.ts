import { call, integer, string, when } from '../clickhouse/tree.ts'
import type { Node } from '../clickhouse/tree.ts'
import type { FunctionDefinition, LowerCall, Signature } from './definition.ts'
import { and, checked, constantNumber, constantText, equal, minus, modulo, not, or, toInt32, toInt64, unequal } from './expression.ts'

const source = 'Trino documentation, "Binary functions"'

/** A digest of fixed length as bytes; its own type would lose zeros at the end. */
function hash(
  name: string,
  engineName: string,
  summary: string,
  sampleHex: string,
  status: FunctionDefinition['status'] = 'extension',
): FunctionDefinition {
  return {
    name,
    kind: 'scalar',
    family: 'binary',
    status,
    summary,
    source,
    signatures: [{ pattern: '(varbinary) -> varbinary', lower: (_, x) => call('unhex', call('hex', call(engineName, x))) }],
    examples: [
      { sql: `to_hex(${name}(to_utf8('abc')))`, type: 'varchar', result: sampleHex },
      { sql: `to_hex(${name}(NULL))`, type: 'varchar', result: null },
    ],
  }
}

/** A number as its bytes, the highest first. */
const bigEndian = (number: Node, digits: number): Node => call('unhex', call('leftPad', call('hex', number), integer(digits), string('0')))

function record(
  name: string,
  summary: string,
  signatures: readonly Signature[],
  examples: FunctionDefinition['examples'],
  status: FunctionDefinition['status'] = 'extension',
): FunctionDefinition {
  return { name, kind: 'scalar', family: 'binary', status, summary, source, signatures, examples }
}

const ofText = (lower: Signature['lower']): readonly Signature[] => [
  { pattern: '(varbinary) -> varbinary', lower },
  { pattern: '(varchar) -> varbinary', lower },
]

/** Padding may be missing. The engine's decoder gives an empty text for what it cannot read. */
function decodeBase64(context: LowerCall, text: Node): Node {
  return context.let(text, (s) => {
    const bare = call('trimRight', s, string('='))
    const missing = modulo(minus(integer(4), modulo(toInt64(call('length', bare)), integer(4))), integer(4))
    const decoded = call('tryBase64Decode', call('concat', bare, call('substring', string('==='), integer(1), missing)))
    return checked(context, decoded, {
      condition: or(and(call('notEmpty', s), call('empty', decoded)), equal(modulo(toInt64(call('length', bare)), integer(4)), integer(1))),
      message: 'Illegal base64 text',
    })
  })
}

const toStandard = (text: Node): Node => call('replaceAll', call('replaceAll', text, string('-'), string('+')), string('_'), string('/'))
const toUrlSafe = (text: Node): Node => call('replaceAll', call('replaceAll', text, string('+'), string('-')), string('/'), string('_'))

function decodeHex(context: LowerCall, text: Node): Node {
  return context.let(text, (s) => {
    const isValid = call('match', s, string('^(?:[0-9A-Fa-f]{2})*$'))
    return checked(context, call('unhex', when(isValid, s, string(''))), { condition: not(isValid), message: 'Invalid hexadecimal text' })
  })
}

/** Sequences of bytes that are no UTF-8 become the replacement (U+FFFD when none is given). */
function fromUtf8(context: LowerCall, bytes: Node, replacement?: Node): Node {
  if (replacement === undefined) return call('toValidUTF8', bytes)
  if (context.constant(1) === null) return context.nullOf(context.returnType)
  const code = constantNumber(context, 1)
  const text = code === undefined ? constantText(context, 1) : codePointText(code)
  if (text === undefined)
    return context.invalid(1, 'The replacement must be a constant and a Unicode character', 'INVALID_FUNCTION_ARGUMENT')
  if ([...text].length > 1)
    return context.invalid(1, 'Replacement character string must be empty or a single character', 'INVALID_FUNCTION_ARGUMENT')
  return context.let(bytes, (x) =>
    when(call('isValidUTF8', x), x, call('replaceAll', call('toValidUTF8', x), string('\ufffd'), string(text))),
  )
}

const codePointText = (code: number): string | undefined =>
  code >= 0 && code < 0x110000 && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : undefined

/** The keyed digest of RFC 2104. */
function hmac(digest: string, sampleHex: string): FunctionDefinition {
  const name = `hmac_${digest}`
  return record(
    name,
    `The HMAC with ${digest.toUpperCase()}, of bytes and a key.`,
    [{ pattern: '(varbinary, varbinary) -> varbinary', lower: (_, message, key) => call('HMAC', string(digest), message, key) }],
    [
      { sql: `to_hex(${name}(to_utf8('what do ya want for nothing?'), to_utf8('Jefe')))`, type: 'varchar', result: sampleHex },
      { sql: `to_hex(${name}(NULL, to_utf8('Jefe')))`, type: 'varchar', result: null },
    ],
  )
}

/** The engine's decoder gives an empty text for what it cannot read. */
const decodeBase32 = (context: LowerCall, text: Node): Node =>
  context.let(text, (s) =>
    context.let(call('tryBase32Decode', call('upper', s)), (decoded) =>
      checked(context, decoded, { condition: and(call('notEmpty', s), call('empty', decoded)), message: 'Illegal base32 text' }),
    ),
  )

/** Bytes of a given length, the highest first, as a signed number. */
function fromBigEndian(context: LowerCall, bytes: Node, size: number, engineName: string, narrow: (node: Node) => Node): Node {
  return context.let(bytes, (x) =>
    checked(context, narrow(call(engineName, call('reverse', x))), {
      condition: unequal(call('length', x), integer(size)),
      message: `expected ${size}-byte input`,
    }),
  )
}

export const binaryFunctions: readonly FunctionDefinition[] = [
  hash('md5', 'MD5', 'The MD5 digest.', '900150983CD24FB0D6963F7D28E17F72'),
  hash('sha1', 'SHA1', 'The SHA-1 digest.', 'A9993E364706816ABA3E25717850C26C9CD0D89D'),
  hash('sha256', 'SHA256', 'The SHA-256 digest.', 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD'),
  hash(
    'sha512',
    'SHA512',
    'The SHA-512 digest.',
    'DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F',
  ),
  hash('murmur3', 'murmurHash3_128', 'The 128-bit MurmurHash3 (x64).', '6778AD3F3F3F96B4522DCA264174A23B'),
  record(
    'xxhash64',
    'The 64-bit xxHash, as eight bytes.',
    [{ pattern: '(varbinary) -> varbinary', lower: (_, x) => bigEndian(call('xxHash64', x), 16) }],
    [
      { sql: "to_hex(xxhash64(to_utf8('')))", type: 'varchar', result: 'EF46DB3751D8E999' },
      { sql: 'to_base64(xxhash64(CAST(NULL AS varbinary)))', type: 'varchar', result: null },
    ],
    'observed',
  ),
  record(
    'crc32',
    'The CRC-32 checksum.',
    [{ pattern: '(varbinary) -> bigint', lower: (_, x) => toInt64(call('CRC32', x)) }],
    [
      { sql: "crc32(to_utf8('abc'))", type: 'bigint', result: '891568578' },
      { sql: 'crc32(NULL)', type: 'bigint', result: null },
    ],
  ),
  record(
    'to_hex',
    'The bytes as hexadecimal digits, capital letters.',
    [{ pattern: '(varbinary) -> varchar', lower: (_, x) => call('hex', x) }],
    [
      { sql: "to_hex(to_utf8('abc'))", type: 'varchar', result: '616263' },
      { sql: 'to_hex(NULL)', type: 'varchar', result: null },
    ],
  ),
  record('from_hex', 'The bytes that hexadecimal digits stand for.', ofText(decodeHex), [
    { sql: "to_hex(from_hex('617a6f'))", type: 'varchar', result: '617A6F' },
    { sql: 'to_hex(from_hex(CAST(NULL AS varchar)))', type: 'varchar', result: null },
    { sql: "to_hex(from_hex('fg'))", error: 'INVALID_FUNCTION_ARGUMENT' },
  ]),
  record(
    'to_base64',
    'The bytes in Base64.',
    [{ pattern: '(varbinary) -> varchar', lower: (_, x) => call('base64Encode', x) }],
    [
      { sql: "to_base64(to_utf8('hello world'))", type: 'varchar', result: 'aGVsbG8gd29ybGQ=' },
      { sql: 'to_base64(NULL)', type: 'varchar', result: null },
    ],
    'observed',
  ),
  record(
    'from_base64',
    'The bytes that a Base64 text stands for.',
    ofText(decodeBase64),
    [
      { sql: "from_utf8(from_base64('aGVsbG8='))", type: 'varchar', result: 'hello' },
      { sql: 'to_hex(from_base64(CAST(NULL AS varchar)))', type: 'varchar', result: null },
      { sql: "to_hex(from_base64('?'))", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
    'observed',
  ),
  record(
    'to_base64url',
    'The bytes in the Base64 alphabet for URLs, padded.',
    [{ pattern: '(varbinary) -> varchar', lower: (_, x) => toUrlSafe(call('base64Encode', x)) }],
    [
      { sql: "to_base64url(from_hex('FFFE'))", type: 'varchar', result: '__4=' },
      { sql: 'to_base64url(NULL)', type: 'varchar', result: null },
    ],
  ),
  record(
    'from_base64url',
    'The bytes that a text in the Base64 alphabet for URLs stands for.',
    ofText((context, text) => decodeBase64(context, toStandard(text))),
    [
      { sql: "to_hex(from_base64url('__4='))", type: 'varchar', result: 'FFFE' },
      { sql: 'to_hex(from_base64url(CAST(NULL AS varchar)))', type: 'varchar', result: null },
      { sql: "to_hex(from_base64url('?'))", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'to_base32',
    'The bytes in Base32.',
    [{ pattern: '(varbinary) -> varchar', lower: (_, x) => call('base32Encode', x) }],
    [
      { sql: "to_base32(to_utf8('a'))", type: 'varchar', result: 'ME======' },
      { sql: 'to_base32(NULL)', type: 'varchar', result: null },
    ],
  ),
  record('from_base32', 'The bytes that a Base32 text stands for.', ofText(decodeBase32), [
    { sql: "from_utf8(from_base32('ME======'))", type: 'varchar', result: 'a' },
    { sql: 'to_hex(from_base32(CAST(NULL AS varchar)))', type: 'varchar', result: null },
    { sql: "to_hex(from_base32('?'))", error: 'INVALID_FUNCTION_ARGUMENT' },
  ]),
  hmac('md5', '750C783E6AB0B503EAA86E310A5DB738'),
  hmac('sha1', 'EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79'),
  hmac('sha256', '5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843'),
  hmac(
    'sha512',
    '164B7A7BFCF819E2E395FBE73B56E0A387BD64222E831FD610270CD7EA2505549758BF75C05A994A6D034F65F8F0E6FDCAEAB1A34D4A6B4B636E070A38BCE737',
  ),
  record(
    'to_utf8',
    'The text as its UTF-8 bytes.',
    [{ pattern: '(varchar) -> varbinary', lower: (_, x) => x }],
    [
      { sql: "to_hex(to_utf8('é'))", type: 'varchar', result: 'C3A9' },
      { sql: 'to_hex(to_utf8(NULL))', type: 'varchar', result: null },
    ],
  ),
  record(
    'from_utf8',
    'The text of UTF-8 bytes; what is none becomes a replacement character.',
    [
      { pattern: '(varbinary) -> varchar', lower: (context, x) => fromUtf8(context, x) },
      { pattern: '(varbinary, varchar) -> varchar', lower: fromUtf8 },
      { pattern: '(varbinary, bigint) -> varchar', lower: fromUtf8 },
    ],
    [
      { sql: "from_utf8(from_hex('58DF'), '#')", type: 'varchar', result: 'X#' },
      { sql: 'from_utf8(NULL)', type: 'varchar', result: null },
      { sql: "from_utf8(from_hex('58DF'), 'foo')", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'to_big_endian_64',
    'A bigint as eight bytes, the highest first.',
    [{ pattern: '(bigint) -> varbinary', lower: (_, x) => bigEndian(call('toUInt64', x), 16) }],
    [
      { sql: 'to_hex(to_big_endian_64(258))', type: 'varchar', result: '0000000000000102' },
      { sql: 'to_hex(to_big_endian_64(NULL))', type: 'varchar', result: null },
    ],
  ),
  record(
    'from_big_endian_64',
    'The bigint of eight bytes, the highest first.',
    [{ pattern: '(varbinary) -> bigint', lower: (context, x) => fromBigEndian(context, x, 8, 'reinterpretAsInt64', toInt64) }],
    [
      { sql: "from_big_endian_64(from_hex('FFFFFFFFFFFFFFFE'))", type: 'bigint', result: '-2' },
      { sql: 'from_big_endian_64(NULL)', type: 'bigint', result: null },
      { sql: "from_big_endian_64(from_hex('FF'))", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'to_big_endian_32',
    'An integer as four bytes, the highest first.',
    [{ pattern: '(integer) -> varbinary', lower: (_, x) => bigEndian(call('toUInt32', x), 8) }],
    [
      { sql: 'to_hex(to_big_endian_32(258))', type: 'varchar', result: '00000102' },
      { sql: 'to_hex(to_big_endian_32(NULL))', type: 'varchar', result: null },
    ],
  ),
  record(
    'from_big_endian_32',
    'The integer of four bytes, the highest first.',
    [{ pattern: '(varbinary) -> integer', lower: (context, x) => fromBigEndian(context, x, 4, 'reinterpretAsInt32', toInt32) }],
    [
      { sql: "from_big_endian_32(from_hex('FFFFFFFE'))", type: 'integer', result: '-2' },
      { sql: 'from_big_endian_32(NULL)', type: 'integer', result: null },
      { sql: "from_big_endian_32(from_hex('FF'))", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
  record(
    'to_ieee754_64',
    'A double as eight bytes by IEEE 754, the highest first.',
    [{ pattern: '(double) -> varbinary', lower: (_, x) => call('reverse', call('unhex', call('hex', x))) }],
    [
      { sql: 'to_hex(to_ieee754_64(1.5))', type: 'varchar', result: '3FF8000000000000' },
      { sql: 'to_hex(to_ieee754_64(NULL))', type: 'varchar', result: null },
    ],
  ),
  record(
    'from_ieee754_64',
    'The double of eight bytes by IEEE 754, the highest first.',
    [{ pattern: '(varbinary) -> double', lower: (context, x) => fromBigEndian(context, x, 8, 'reinterpretAsFloat64', (node) => node) }],
    [
      { sql: "from_ieee754_64(from_hex('3FF8000000000000'))", type: 'double', result: '1.5' },
      { sql: 'from_ieee754_64(NULL)', type: 'double', result: null },
      { sql: "from_ieee754_64(from_hex('FF'))", error: 'INVALID_FUNCTION_ARGUMENT' },
    ],
  ),
]
