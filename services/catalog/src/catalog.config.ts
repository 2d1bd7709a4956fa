import { serviceVariables } from '@orrery/process';
import { z } from 'zod';

export const CatalogConfig = z.object(serviceVariables('catalog'));
