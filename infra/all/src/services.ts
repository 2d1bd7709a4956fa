import { billing } from '@orrery/billing';
import { catalog } from '@orrery/catalog';
import { execution } from '@orrery/execution';
import { identity } from '@orrery/identity';
import { inference } from '@orrery/inference';
import { observability } from '@orrery/observability';
import type { Service } from '@orrery/process';

/** Every service with a log of its own. */
export const services: readonly Service[] = [identity, catalog, inference, execution, billing, observability];
