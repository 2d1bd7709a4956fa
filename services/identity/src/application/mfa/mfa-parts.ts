import type { Provider } from '@nestjs/common';
import type { View } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import type { Deps } from '@orrery/process';
import type { IdentityConfig } from '../../identity.config.ts';
import { secondFactors } from '../../views/mfa/mfa.view.ts';
import { passkeys } from '../../views/mfa/passkeys.view.ts';
import { foundationOf } from '../foundation.ts';
import { BackupCodes } from './backup-codes.ts';
import { Challenges } from './challenges.ts';
import { Factors } from './factors.ts';
import { MfaHandler } from './mfa.handler.ts';
import { PasskeyDoor, PasskeyLogInHandler } from './passkey-log-in.handler.ts';
import { PasskeysHandler } from './passkeys.handler.ts';
import { Proofs } from './proofs.ts';
import { RelyingParty } from './relying-party.ts';

/** Second factors: who serves requests about them. */
export const mfaControllers = [MfaHandler, PasskeysHandler, PasskeyLogInHandler];

export const mfaViews: readonly View[] = [secondFactors, passkeys];

export const mfaProviders = (deps: Deps<IdentityConfig>): readonly Provider[] => {
  const { store, secrets, config } = deps;
  const { publicUrl, passkeyOrigins: origins, passkeyDomain: domain } = config;
  const { tries, sessions, notices } = foundationOf(deps);
  const proofs = new Proofs({
    backupCodes: new BackupCodes(secrets('backup-code-mac')),
    challenges: new Challenges(secrets('passkey-challenge-mac'), systemClock),
    relyingParty: new RelyingParty({ publicUrl, origins, domain }),
  });
  return [
    { provide: Proofs, useValue: proofs },
    { provide: Factors, useValue: new Factors(store, tries, sessions, notices) },
    { provide: PasskeyDoor, useValue: new PasskeyDoor(proofs, tries, sessions) },
  ];
};
