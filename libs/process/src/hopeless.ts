/** SQLSTATE classes and codes that no waiting mends: wrong password, no such role, no right to create a database. */
const sqlStates = new Set(['28P01', '28000', '3D000', '42501']);
const natsCodes = new Set(['AUTHORIZATION_VIOLATION', 'AUTHENTICATION_EXPIRED', 'BAD_CREDS']);

/** Whether starting over would only fail again, so that the process should say so at once. */
export const isHopeless = (error: unknown): boolean => {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? at.code : undefined;
    if (typeof code !== 'string') continue;
    if (sqlStates.has(code) || natsCodes.has(code)) return true;
  }
  return false;
};
