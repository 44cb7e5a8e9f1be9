import type { PolicyDescription } from '../../../database/access/access.ts'
import { operation, type Operation } from '../../operation.ts'
import { boolean, list, required, string, structure } from '../../shape.ts'
import {
  decodeGuardRails,
  decodeTarget,
  guardRailsShape,
  own,
  policyText,
  principalName,
  type GuardRailsOnWire,
  type TargetOnWire,
} from './shapes.ts'

interface PolicyInput {
  PolicyName: string | undefined
}

interface PutPolicyInput extends PolicyInput {
  PolicyDocument: string | undefined
  DryRun?: boolean | undefined
}

interface AttachInput extends PolicyInput, TargetOnWire {}

interface PutGuardRailsInput extends TargetOnWire {
  GuardRails: GuardRailsOnWire | undefined
}

interface SimulateInput {
  UserName?: string | undefined
  PolicyDocuments?: string[] | undefined
  Actions: string[] | undefined
  Resources?: string[] | undefined
  SourceIp?: string | undefined
}

const encodePolicy = (policy: PolicyDescription): object => ({
  PolicyName: policy.policyName,
  IsManaged: policy.isManaged,
  PolicyDocument: policy.document,
  ...(policy.summary !== undefined && { Description: policy.summary }),
  ...(policy.updatedAtMs !== undefined && { UpdateDate: policy.updatedAtMs / 1000 }),
  UserNames: policy.attachedTo.userNames,
  GroupNames: policy.attachedTo.groupNames,
})

const policyInput = structure<PolicyInput>({ PolicyName: required(principalName) })
const attachInput = structure<AttachInput>({ PolicyName: required(principalName), UserName: principalName, GroupName: principalName })

export const policyOperations: readonly Operation[] = [
  operation<AttachInput, object>({
    ...own('AttachPolicy'),
    summary: 'Attaches a policy to a user or a group.',
    input: attachInput,
    handle: async (input, { database, caller }) => {
      await database.access.attachPolicy(caller, input.PolicyName, decodeTarget(input))
      return {}
    },
  }),
  operation<PolicyInput, object>({
    ...own('DeletePolicy'),
    summary: 'Removes a policy that is attached to nobody.',
    input: policyInput,
    handle: async ({ PolicyName: policyName }, { database, caller }) => {
      await database.access.deletePolicy(caller, policyName)
      return {}
    },
  }),
  operation<AttachInput, object>({
    ...own('DetachPolicy'),
    summary: 'Takes a policy from a user or a group.',
    input: attachInput,
    handle: async (input, { database, caller }) => {
      await database.access.detachPolicy(caller, input.PolicyName, decodeTarget(input))
      return {}
    },
  }),
  operation<PolicyInput, object>({
    ...own('GetPolicy'),
    summary: 'Shows a policy and whom it is attached to.',
    input: policyInput,
    handle: async ({ PolicyName: policyName }, { database, caller }) => ({
      Policy: encodePolicy(await database.access.getPolicy(caller, policyName)),
    }),
  }),
  operation<object, object>({
    ...own('ListPolicies'),
    summary: 'Lists the policies, the managed ones first.',
    input: structure<object>({}),
    handle: async (_input, { database, caller }) => ({ Policies: (await database.access.listPolicies(caller)).map(encodePolicy) }),
  }),
  operation<PutGuardRailsInput, object>({
    ...own('PutGuardRails'),
    summary: "Bounds the queries of a user, or of a group's users; what is left out is not bounded.",
    input: structure<PutGuardRailsInput>({ UserName: principalName, GroupName: principalName, GuardRails: required(guardRailsShape) }),
    handle: async (input, { database, caller }) => {
      await database.access.putGuardRails(caller, decodeTarget(input), decodeGuardRails(input.GuardRails))
      return {}
    },
  }),
  operation<PutPolicyInput, object>({
    ...own('PutPolicy'),
    summary: 'Makes or replaces a policy (IAM JSON); with DryRun it is only checked.',
    input: structure<PutPolicyInput>({ PolicyName: required(principalName), PolicyDocument: required(policyText), DryRun: boolean }),
    handle: async ({ PolicyName: policyName, PolicyDocument: document, DryRun: dryRun = false }, { database, caller }) => ({
      Notes: await database.access.putPolicy(caller, { policyName, document, dryRun }),
    }),
  }),
  operation<SimulateInput, object>({
    ...own('SimulateAccess'),
    summary: 'Tells what the policies of a user, or given documents, say about actions on resources.',
    input: structure<SimulateInput>({
      UserName: principalName,
      PolicyDocuments: list(policyText, { max: 10 }),
      Actions: required(list(string({ min: 1, max: 128 }), { min: 1, max: 100 })),
      Resources: list(string({ min: 1, max: 2048 }), { min: 1, max: 100 }),
      SourceIp: string({ min: 1, max: 45 }),
    }),
    handle: async ({ UserName, PolicyDocuments, Actions: actions, Resources, SourceIp }, { database, caller }) => {
      const decisions = await database.access.simulate(caller, {
        actions,
        ...(UserName !== undefined && { userName: UserName }),
        ...(PolicyDocuments !== undefined && { documents: PolicyDocuments }),
        ...(Resources !== undefined && { resources: Resources }),
        ...(SourceIp !== undefined && { sourceIp: SourceIp }),
      })
      return {
        Decisions: decisions.map(({ action, resource, outcome, because }) => ({
          Action: action,
          Resource: resource,
          Decision: outcome,
          MatchedStatements: because.map(({ policy, statement, sid }) => ({ PolicyName: policy, Statement: statement, Sid: sid })),
        })),
      }
    },
  }),
]
