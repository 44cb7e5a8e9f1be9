/** What a client did against the protocol, or what this server does not do for anybody; `isFatal`: the connection ends. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  /** Source: PostgreSQL 15 documentation, appendix A. */
  readonly sqlState: string
  readonly isFatal: boolean

  constructor(sqlState: string, message: string, isFatal = false) {
    super(message)
    this.sqlState = sqlState
    this.isFatal = isFatal
  }
}

export const violation = (message: string): ProtocolError => new ProtocolError('08P01', message, true)
