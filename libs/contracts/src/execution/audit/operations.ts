import { originsAskedOf } from '../../audit/origins.ts';

export const ReadOrigins = originsAskedOf('execution');
