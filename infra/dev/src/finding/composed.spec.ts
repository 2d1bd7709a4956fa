import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { imagesOf, projectOf } from './composed.ts';

const composeFile = readFileSync(resolve(__dirname, '../../../../docker-compose.yml'), 'utf8');
const paths = {
  checkout: '/orrery',
  name: 'dev',
  own: '/orrery/.orrery/dev',
  data: '/orrery/.orrery/dev',
  templates: '/orrery/.orrery/templates',
};
const ports = { postgres: 20_001, nats: 20_002, redis: 20_003 };

describe('the containers of a dev stack', () => {
  it('are of the images that docker-compose.yml names', () => {
    expect(imagesOf(composeFile)).toEqual({
      postgres: expect.stringContaining('postgres:'),
      nats: expect.stringContaining('nats:'),
      redis: expect.stringContaining('redis:'),
    });
  });

  it('answer on loopback only, on the ports of the stack, and keep their data', () => {
    const images = { postgres: 'p', nats: 'n', redis: 'r' };
    expect(projectOf(images, { paths, ports, password: 'pw', natsConfig: '/orrery/nats.conf' })).toMatchObject({
      services: {
        postgres: {
          image: 'p',
          ports: ['127.0.0.1:20001:5432'],
          environment: { POSTGRES_PASSWORD: 'pw' },
          volumes: ['postgres:/var/lib/postgresql/data'],
        },
        nats: { image: 'n', ports: ['127.0.0.1:20002:4222'], volumes: ['/orrery/nats.conf:/etc/nats/nats.conf:ro', 'nats:/data'] },
        redis: { image: 'r', ports: ['127.0.0.1:20003:6379'] },
      },
      volumes: { postgres: {}, nats: {} },
    });
  });
});
