import type { GroupDescription } from '../../../database/access/access.ts'
import { operation, type Operation } from '../../operation.ts'
import { required, structure } from '../../shape.ts'
import { encodeGuardRails, own, principalName } from './shapes.ts'

interface GroupInput {
  GroupName: string | undefined
}

interface MemberInput extends GroupInput {
  UserName: string | undefined
}

const encodeGroup = (group: GroupDescription): object => ({
  GroupName: group.groupName,
  CreateDate: group.createdAtMs / 1000,
  PolicyNames: group.policyNames,
  UserNames: group.userNames,
  GuardRails: encodeGuardRails(group.guardRails),
})

const groupInput = structure<GroupInput>({ GroupName: required(principalName) })
const memberInput = structure<MemberInput>({ GroupName: required(principalName), UserName: required(principalName) })

export const groupOperations: readonly Operation[] = [
  operation<MemberInput, object>({
    ...own('AddUserToGroup'),
    summary: 'Puts a user into a group: its policies and guard rails count for the user, too.',
    input: memberInput,
    handle: async ({ UserName: userName, GroupName: groupName }, { database, caller }) => {
      await database.access.addUserToGroup(caller, userName, groupName)
      return {}
    },
  }),
  operation<GroupInput, object>({
    ...own('CreateGroup'),
    summary: 'Makes a group of users.',
    input: groupInput,
    handle: async ({ GroupName: groupName }, { database, caller }) => ({
      Group: encodeGroup(await database.access.createGroup(caller, groupName)),
    }),
  }),
  operation<GroupInput, object>({
    ...own('DeleteGroup'),
    summary: 'Removes a group that nobody is in.',
    input: groupInput,
    handle: async ({ GroupName: groupName }, { database, caller }) => {
      await database.access.deleteGroup(caller, groupName)
      return {}
    },
  }),
  operation<object, object>({
    ...own('ListGroups'),
    summary: 'Lists the groups with their members.',
    input: structure<object>({}),
    handle: async (_input, { database, caller }) => ({ Groups: (await database.access.listGroups(caller)).map(encodeGroup) }),
  }),
  operation<MemberInput, object>({
    ...own('RemoveUserFromGroup'),
    summary: 'Takes a user out of a group.',
    input: memberInput,
    handle: async ({ UserName: userName, GroupName: groupName }, { database, caller }) => {
      await database.access.removeUserFromGroup(caller, userName, groupName)
      return {}
    },
  }),
]
