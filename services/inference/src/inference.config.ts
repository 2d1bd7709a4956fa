import { serviceVariables } from '@orrery/process';
import { z } from 'zod';

export const InferenceConfig = z.object(serviceVariables('inference'));
