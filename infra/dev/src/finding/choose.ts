export const serverNames = ['postgres', 'nats', 'redis'] as const;
export type ServerName = (typeof serverNames)[number];

/** What is known of this machine before anything is started. */
export interface Facts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A Docker engine answers, and Compose is there to drive it. */
  readonly hasEngine: boolean;
  /** Where the programs are, for those that are there. */
  readonly binaries: Readonly<Partial<Record<ServerName, string>>>;
  /** We are root on Debian or Ubuntu. */
  readonly canInstall: boolean;
}

export type Choice =
  | { readonly from: 'environment'; readonly url: string }
  | { readonly from: 'compose' }
  | { readonly from: 'binary'; readonly path: string }
  | { readonly from: 'apt'; readonly debianPackage: string }
  | { readonly from: 'nowhere'; readonly advice: string };

interface About {
  readonly title: string;
  readonly variable: string;
  readonly debianPackage: string;
  readonly homebrew: string;
}

export const about: Readonly<Record<ServerName, About>> = {
  postgres: { title: 'PostgreSQL', variable: 'ORRERY_POSTGRES_URL', debianPackage: 'postgresql', homebrew: 'postgresql@17' },
  nats: { title: 'NATS with JetStream', variable: 'ORRERY_NATS_URL', debianPackage: 'nats-server', homebrew: 'nats-server' },
  redis: { title: 'Redis', variable: 'ORRERY_REDIS_URL', debianPackage: 'redis-server', homebrew: 'redis' },
};

const adviceFor = ({ title, variable, debianPackage, homebrew }: About): string =>
  `${title} is nowhere to be found. One of these helps: set ${variable}; start Docker with Compose; ` +
  `sudo apt-get install ${debianPackage}; brew install ${homebrew}.`;

/** Where a server comes from: the environment, else Docker Compose, else a binary that is there, else apt, else advice. */
export const choose = (server: ServerName, facts: Facts): Choice => {
  const url = facts.environment[about[server].variable];
  if (url) return { from: 'environment', url };
  if (facts.hasEngine) return { from: 'compose' };
  const path = facts.binaries[server];
  if (path !== undefined) return { from: 'binary', path };
  if (facts.canInstall) return { from: 'apt', debianPackage: about[server].debianPackage };
  return { from: 'nowhere', advice: adviceFor(about[server]) };
};
