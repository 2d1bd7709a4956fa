import { Currency, nanosOf } from '@orrery/contracts';
import { serviceVariables, variable } from '@orrery/process';
import { z } from 'zod';

export const BillingConfig = z.object({
  ...serviceVariables('billing'),
  currency: variable('ORRERY_BILLING_CURRENCY', Currency.default('EUR'), {
    says: 'the currency of all accounts and prices of the platform',
    example: 'EUR',
  }),
  signupCredit: variable(
    'ORRERY_BILLING_SIGNUP_CREDIT',
    z
      .string()
      .regex(/^\d+(\.\d{1,9})?$/, 'a decimal number with at most nine decimals')
      .default('5')
      .transform(nanosOf),
    { says: 'what a new person gets to begin with, in the organization of their own', example: '5' },
  ),
});
