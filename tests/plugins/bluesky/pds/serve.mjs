// A Bluesky of one machine: a PLC directory and a PDS of the AT Protocol's authors, and a Jetstream
// made of their own firehose client. Prints one line of JSON with the addresses, runs until killed.
import { createServer } from 'node:http'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { Secp256k1Keypair } from '@atproto/crypto'
import { IdResolver } from '@atproto/identity'
import { PDS, envToCfg, envToSecrets } from '@atproto/pds'
import { Firehose } from '@atproto/sync'
import { lexToJson } from '@atproto/lexicon'
import { Database, PlcServer } from '@did-plc/server'
import { WebSocketServer } from 'ws'

const listening = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)))

async function freePort() {
  const server = createServer()
  const port = await listening(server)
  await new Promise((done) => server.close(done))
  return port
}

const plcPort = await freePort()
await PlcServer.create({ db: Database.mock(), port: plcPort }).start()
const didPlcUrl = `http://localhost:${plcPort}`

const port = await freePort()
const folder = mkdtempSync(join(tmpdir(), 'vigie-pds-'))
const key = async () => Buffer.from(await (await Secp256k1Keypair.create({ exportable: true })).export()).toString('hex')
const environment = {
  devMode: true,
  port,
  hostname: 'localhost',
  dataDirectory: folder,
  blobstoreDiskLocation: join(folder, 'blobs'),
  adminPassword: 'admin',
  jwtSecret: randomBytes(16).toString('hex'),
  plcRotationKeyK256PrivateKeyHex: await key(),
  serviceHandleDomains: ['.test'],
  didPlcUrl,
  bskyAppViewUrl: 'http://localhost:9',
  bskyAppViewDid: 'did:web:localhost',
  inviteRequired: false,
  disableSsrfProtection: true,
  logEnabled: false,
}
const pds = await PDS.create(envToCfg(environment), envToSecrets(environment))
await pds.start()

const sockets = new Set()
const events = []
function tell(event) {
  events.push({ ...event, time_us: Date.now() * 1000 + (events.length % 1000) })
  for (const socket of sockets) socket.send(JSON.stringify(events.at(-1)))
}
new Firehose({
  service: `ws://localhost:${port}`,
  idResolver: new IdResolver({ plcUrl: didPlcUrl }),
  unauthenticatedCommits: true,
  unauthenticatedHandles: true,
  onError: (error) => process.stderr.write(`${error}\n`),
  handleEvent: (event) => {
    const { did } = event
    if (['create', 'update', 'delete'].includes(event.event)) {
      const commit = { rev: event.rev, operation: event.event, collection: event.collection, rkey: event.rkey }
      if (event.event !== 'delete') Object.assign(commit, { record: lexToJson(event.record), cid: String(event.cid) })
      tell({ did, kind: 'commit', commit })
    } else if (event.event === 'account') {
      tell({ did, kind: 'account', account: { active: event.active, status: event.status, did, seq: event.seq, time: event.time } })
    } else if (event.event === 'identity') {
      tell({ did, kind: 'identity', identity: { did, handle: event.handle } })
    }
  },
}).start()

const stream = createServer()
new WebSocketServer({ server: stream, path: '/subscribe' }).on('connection', (socket, request) => {
  const cursor = Number(new URL(request.url, 'http://x').searchParams.get('cursor') ?? Infinity)
  for (const event of events) if (event.time_us >= cursor) socket.send(JSON.stringify(event))
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
})
const streamPort = await listening(stream)
process.stdout.write(`${JSON.stringify({ pds: `http://localhost:${port}`, stream: `ws://127.0.0.1:${streamPort}` })}\n`)
