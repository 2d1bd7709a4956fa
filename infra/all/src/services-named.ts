import type { Service } from '@orrery/process';
import { WrongWords } from './events/command.ts';

export const serviceNamed = (services: readonly Service[], name: string): Service => {
  const found = services.find((service) => service.name === name);
  if (!found) throw new WrongWords(`No service is named ${name}; there are ${services.map((service) => service.name).join(', ')}`);
  return found;
};

/** These, or all where none is named. */
export const servicesNamed = (services: readonly Service[], names: readonly string[]): readonly Service[] =>
  names.length === 0 ? services : names.map((name) => serviceNamed(services, name));
