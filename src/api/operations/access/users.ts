import type { UserDescription } from '../../../database/access/access.ts'
import { operation, type Operation } from '../../operation.ts'
import { required, structure } from '../../shape.ts'
import { encodeGuardRails, own, principalName, principalNames } from './shapes.ts'

interface UserInput {
  UserName: string | undefined
}

interface CreateUserInput extends UserInput {
  PolicyNames?: string[] | undefined
  GroupNames?: string[] | undefined
}

const encodeUser = (user: UserDescription): object => ({
  UserName: user.userName,
  Arn: user.arn,
  CreateDate: user.createdAtMs / 1000,
  PolicyNames: user.policyNames,
  GroupNames: user.groupNames,
  GuardRails: encodeGuardRails(user.guardRails),
  AccessKeyIds: user.accessKeyIds,
})

export const userOperations: readonly Operation[] = [
  operation<CreateUserInput, object>({
    ...own('CreateUser'),
    summary: 'Makes a user, who may do what the policies and groups named allow.',
    input: structure<CreateUserInput>({ UserName: required(principalName), PolicyNames: principalNames, GroupNames: principalNames }),
    handle: async ({ UserName: userName, PolicyNames: policyNames = [], GroupNames: groupNames = [] }, { database, caller }) => ({
      User: encodeUser(await database.access.createUser(caller, { userName, policyNames, groupNames })),
    }),
  }),
  operation<UserInput, object>({
    ...own('DeleteUser'),
    summary: 'Removes a user whose access keys are all revoked.',
    input: structure<UserInput>({ UserName: required(principalName) }),
    handle: async ({ UserName: userName }, { database, caller }) => {
      await database.access.deleteUser(caller, userName)
      return {}
    },
  }),
  operation<UserInput, object>({
    ...own('DescribeUser'),
    summary: 'Shows a user with policies, groups, guard rails and access keys.',
    input: structure<UserInput>({ UserName: required(principalName) }),
    handle: async ({ UserName: userName }, { database, caller }) => ({
      User: encodeUser(await database.access.describeUser(caller, userName)),
    }),
  }),
  operation<object, object>({
    ...own('ListUsers'),
    summary: 'Lists the users.',
    input: structure<object>({}),
    handle: async (_input, { database, caller }) => ({ Users: (await database.access.listUsers(caller)).map(encodeUser) }),
  }),
]
