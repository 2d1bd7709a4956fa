import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { row } from './row.ts';

const Code = z.object({ code: identity.MfaCode });

export const mfa = [
  row({
    method: 'GET',
    path: '/mfa/status',
    operations: [identity.GetMfa],
    answer: async (to) => {
      const { isEnabled, enabledAt } = await to.ask(identity.GetMfa, {});
      return { enabled: isEnabled, enrolled_at: enabledAt };
    },
  }),
  row({
    method: 'POST',
    path: '/mfa/enroll',
    operations: [identity.EnrollAuthenticator],
    // A code for those who replace their app: no published client sends one, and without it they are told to.
    body: Code.partial().nullish(),
    answer: async (to, { body }) => {
      const proof = body?.code === undefined ? {} : { proof: { code: body.code } };
      const { secret, qrCode, backupCodes } = await to.ask(identity.EnrollAuthenticator, proof);
      return { secret, qr_code: qrCode, qr_code_url: qrCode, backup_codes: backupCodes };
    },
  }),
  row({
    method: 'POST',
    path: '/mfa/verify-enrollment',
    operations: [identity.ConfirmAuthenticator],
    body: z.object({ code: identity.TotpCode }),
    answer: async (to, { body }) => {
      await to.ask(identity.ConfirmAuthenticator, body);
      return { success: true, message: 'MFA is enabled' };
    },
  }),
  row({
    method: 'POST',
    path: '/mfa/verify',
    operations: [identity.ShowSecondFactor],
    body: Code,
    answer: async (to, { body }) => {
      const { backupCodesLeft } = await to.ask(identity.ShowSecondFactor, { proof: body });
      return { success: true, message: 'Log-in is complete', remaining_backup_codes: backupCodesLeft };
    },
  }),
  row({
    method: 'POST',
    path: '/mfa/disable',
    operations: [identity.DisableMfa],
    body: Code,
    answer: async (to, { body }) => {
      await to.ask(identity.DisableMfa, { proof: body });
      return { success: true, message: 'MFA is disabled' };
    },
  }),
  row({
    method: 'POST',
    path: '/mfa/regenerate-backup-codes',
    operations: [identity.RegenerateBackupCodes],
    body: Code,
    answer: async (to, { body }) => {
      const { backupCodes } = await to.ask(identity.RegenerateBackupCodes, { proof: body });
      return { success: true, message: 'New backup codes are in force; the old ones are dead', backup_codes: backupCodes };
    },
  }),
];
