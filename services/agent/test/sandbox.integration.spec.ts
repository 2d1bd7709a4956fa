import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { Platform, type SpecOptions, specOf } from './fixtures/platform.ts';

jest.setTimeout(60_000);

describe('The sandbox of a program', () => {
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;
  let neighbour: Server;

  beforeAll(async () => {
    await buildAgent();
    nats = await startNats();
    platform = await Platform.start(nats);
    machine = new Machine({ ORRERY_URL: platform.url, ORRERY_JOIN_TOKEN: 'good', ORRERY_AGENT_MAX_PROCESSES: '64' });
    neighbour = createServer((_request, response) => response.end('secret')).listen(0, '127.0.0.1');
    await machine.start();
  }, 120_000);

  afterAll(async () => {
    neighbour?.close();
    await machine?.dispose();
    await platform?.stop();
    await nats?.stop();
  });

  const finished = async (options: SpecOptions) => {
    const spec = specOf(options);
    await platform.start(spec);
    const end = await eventually(() => platform.endOf(spec.runId), { within: 20_000 });
    return { end, output: await platform.output(spec.runId) };
  };
  const said = async (code: string): Promise<string> => (await finished({ code })).output.stdout;

  it('is what the machine tells the platform it has', () => {
    expect(platform.mind.joins[0]?.facts).toMatchObject({ sandboxed: true, runtimes: ['process'] });
  });

  it('has no network, not even that of the host', async () => {
    const { port } = neighbour.address() as AddressInfo;
    const code = `
import socket
for place in [("127.0.0.1", ${port}), ("127.0.0.1", ${nats.port}), ("8.8.8.8", 53), ("169.254.169.254", 80)]:
  try:
    socket.create_connection(place, timeout=2); print("reached", place)
  except OSError as error: print(type(error).__name__)
print(sorted(name for _, name in socket.if_nameindex()))
`;
    expect(await said(code)).toBe(
      "ConnectionRefusedError\\nConnectionRefusedError\\nOSError\\nOSError\\n['lo']\\n".replaceAll('\\n', '\n'),
    );
  });

  it('shows no file of the host but the system programs, and none of the other runs', async () => {
    const code = `
import os
paths = ["/root", "/home", "/var", "/run", "/etc/shadow", "/etc/ssl", "${machine.state}", "/tmp/orrery", "/sys", "/boot", "/proc/1/root/etc/shadow"]
print([path for path in paths if os.path.exists(path)])
print(sorted(os.listdir("/etc")), sorted(os.listdir("/tmp")))
print(open("/etc/passwd").read().strip())
`;
    expect(await said(code)).toBe(
      "[]\n['alternatives', 'group', 'hosts', 'ld.so.cache', 'passwd'] []\nnobody:x:65534:65534:nobody:/work:/usr/sbin/nologin\n",
    );
  });

  it('hides the environment of the agent and what it is started with', async () => {
    const code = `
import glob, os
found = []
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
  try: text = open(path, "rb").read()
  except OSError: continue
  if b"hunter2" in text or b"NATS" in text or b"${machine.state}" in text or b"ORRERY" in text: found.append((path, text))
print(found)
`;
    expect(await said(code)).toBe('[]\n');
  });

  it('shows no process but its own, and lets it reach none', async () => {
    const code = `
import os
pids = sorted(int(p) for p in os.listdir("/proc") if p.isdigit())
print(len(pids) <= 3, os.getpid() in pids, open("/proc/1/comm").read().strip())
for pid in (${machine.pid}, ${nats.port}):
  try: os.kill(pid, 0); print("reached")
  except ProcessLookupError: print("gone")
print(os.getppid())
`;
    expect(await said(code)).toBe('True True bwrap\ngone\ngone\n1\n');
  });

  it('is read-only but for three places that are its own and bounded', async () => {
    const code = `
for path in ["/x", "/usr/x", "/bin/x", "/etc/x", "/dev/x", "/tmp/x", "/work/x", "/dev/shm/x"]:
  try:
    open(path, "w").write("x"); print(path)
  except OSError as error: print(error.errno)
try:
  with open("/tmp/big", "wb") as file:
    for _ in range(200): file.write(bytes(1 << 20))
except OSError as error: print("full", error.errno)
`;
    expect(await said(code)).toBe('30\n30\n30\n30\n30\n/tmp/x\n/work/x\n/dev/shm/x\nfull 28\n');
  });

  it('is entered as nobody, with no capability to use or to gain', async () => {
    const code = `
import os, re
print(os.getuid(), os.getgid(), os.getgroups())
status = open("/proc/self/status").read()
print(re.findall(r"Cap(?:Inh|Prm|Eff|Bnd|Amb):\\s*(\\w+)", status), re.search(r"NoNewPrivs:\\s*(\\d)", status)[1], re.search(r"Seccomp:\\s*(\\d)", status)[1])
try: os.setuid(0)
except OSError as error: print(error.errno)
`;
    const none = "['0000000000000000', '0000000000000000', '0000000000000000', '0000000000000000', '0000000000000000']";
    expect(await said(code)).toBe(`65534 65534 []\n${none} 1 2\n22\n`);
  });

  it('cannot be nested, mounted over or looked out of', async () => {
    const code = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, call):
  result = call()
  print(name, result, ctypes.get_errno())
attempt("unshare", lambda: libc.unshare(0x10000000))
attempt("mount", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
attempt("ptrace", lambda: libc.ptrace(16, 1, 0, 0))
attempt("keyctl", lambda: libc.syscall(250, 0, 0, 0))
attempt("clone", lambda: libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0))
`;
    expect(await said(code)).toBe('unshare -1 1\nmount -1 1\nptrace -1 1\nkeyctl -1 1\nclone -1 28\n');
  });

  it('inherits nothing: no descriptor leads anywhere but to the output', async () => {
    const code = `
import os
places = {}
for fd in range(3, 1024):
  try: places[fd] = os.readlink(f"/proc/self/fd/{fd}")
  except OSError: pass
print(places, os.readlink("/proc/self/fd/0"))
`;
    // What a supervisor left open for the agent is closed or leads to nothing.
    expect((await said(code)).replaceAll(/\d+: '\/dev\/null'(, )?/g, '')).toBe('{} /dev/null\n');
  });

  it('contains a fork bomb', async () => {
    const code = `
import os, time
children = 0
while True:
  try:
    if os.fork() == 0:
      time.sleep(60)
      os._exit(0)
    children += 1
  except OSError as error:
    print(error.errno, children < 64)
    break
`;
    const { end, output } = await finished({ code });
    expect(output.stdout).toBe('11 True\n');
    expect(end).toMatchObject({ reason: 'exited', exitCode: 0 });
    await eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));
  });

  it('survives a program that does nothing but fork, until its time is up', async () => {
    const { end } = await finished({
      code: 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass',
      timeoutSeconds: 1,
      graceSeconds: 1,
    });
    expect(end.reason).toBe('time-limit');
    await eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));
  });

  it('bounds the size of a file', async () => {
    const code = `
import os
try:
  os.truncate(os.open("/work/f", os.O_CREAT | os.O_RDWR), 1 << 40)
except OSError as error: print(error.errno)
`;
    expect(await said(code)).toBe('27\n');
  });

  it('lets a program shorten its own output to its own harm only', async () => {
    const { end, output } = await finished({
      code: 'import os, time\nprint("one")\ntime.sleep(0.2)\nos.ftruncate(1, 0)\nprint("two", file=__import__("sys").stderr)',
    });
    expect(end).toMatchObject({ exitCode: 0 });
    expect(output).toMatchObject({ stdout: 'one\n', stderr: 'two\n' });
  });
});
