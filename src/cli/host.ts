/** The part of `process` that the commands use. */
export type Host = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'once' | 'exit'>
