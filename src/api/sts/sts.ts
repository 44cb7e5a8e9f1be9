import { ServerError } from '../../base/errors.ts'
import type { Access } from '../../database/access/access.ts'
import type { Caller } from '../../database/caller.ts'
import type { ApiRequest } from '../dispatch.ts'
import { asServerError } from '../encode-error.ts'
import { stsActions } from './actions.ts'
import { elementText, errorText } from './xml.ts'

/**
 * The part of the Security Token Service that hands out temporary credentials, for the tools of AWS: `aws sts get-session-token --endpoint-url …`.
 * Source: AWS STS API reference, 2011-06-15 (AWS query protocol: a form in, XML out).
 */

export const stsContentType = 'text/xml'
const formType = 'application/x-www-form-urlencoded'
/** The longest session policy and its names, encoded. */
const longestForm = 65_536

export const isStsRequest = ({ method, headers }: ApiRequest): boolean =>
  method === 'POST' && headers['x-amz-target'] === undefined && (headers['content-type'] ?? '').toLowerCase().startsWith(formType)

/** For logs and metrics: of a closed list. */
export function stsOperation(request: ApiRequest): string {
  const action = formOf(request).get('Action') ?? ''
  return Object.hasOwn(stsActions, action) ? action : 'Unknown'
}

export interface StsAnswer {
  readonly status: number
  readonly body: string
  readonly error?: ServerError
  readonly principal?: string
}

/** `identify`: @throws ServerError of the group "who is asking" */
export async function answerSts(access: Access, request: ApiRequest, identify: () => Caller): Promise<StsAnswer> {
  let principal: string | undefined
  try {
    const form = formOf(request)
    const name = form.get('Action') ?? ''
    const action = Object.hasOwn(stsActions, name) ? stsActions[name] : undefined
    const caller = identify()
    principal = caller.principal.name
    if (action === undefined)
      throw new ServerError('UNKNOWN_OPERATION', `Could not find operation ${name.slice(0, 64)} for version 2011-06-15`)
    const result = await action(form, { access, caller })
    return { status: 200, body: elementText(name, result, request.requestId), principal }
  } catch (thrown) {
    const error = asServerError(thrown)
    return { ...errorText(error, request.requestId), error, ...(principal !== undefined && { principal }) }
  }
}

const formOf = ({ body }: ApiRequest): URLSearchParams => new URLSearchParams(body.length > longestForm ? '' : body.toString('utf8'))
