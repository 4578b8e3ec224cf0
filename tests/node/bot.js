// A chat bot that calls profile-service through grpc-js, with nothing of ours but the descriptors of the protos bundle.
//
// Usage: node bot.js ADDRESS DESCRIPTORS TOKEN. Plays one journey, and prints what it was answered as JSON: an anonymous
// chat, a password midway, an agent, the end of the chat, then a mail.
'use strict'

const { randomUUID } = require('node:crypto')
const { readFileSync } = require('node:fs')
const grpc = require('@grpc/grpc-js')
const loader = require('@grpc/proto-loader')

const [address, descriptors, token] = process.argv.slice(2)
const options = { keepCase: true, enums: String, defaults: true }
const definition = loader.loadFileDescriptorSetFromBuffer(readFileSync(descriptors), options)
const { v1 } = grpc.loadPackageDefinition(definition).profile_service
const client = new v1.ContactService(address, grpc.credentials.createInsecure())
const metadata = new grpc.Metadata()
metadata.set('authorization', `Bearer ${token}`)

/** Makes a call; an error has `code`, and the ErrorInfo in its metadata. */
function call (method, request) {
  const deadline = Date.now() + 20_000
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline }, (error, answer) => error ? reject(error) : resolve(answer))
  })
}

/** Now, as google.protobuf.Timestamp. */
function now () {
  const milliseconds = Date.now()
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 }
}

async function journey () {
  const key = randomUUID()
  const proved = {
    namespace: 'email',
    value: `${key}@example.org`,
    role: 'ROLE_SUBJECT',
    proof: { method: 'PROOF_METHOD_ONE_TIME_PASSWORD' }
  }
  const chat = await call('StartContact', {
    source_key: { source: 'bot', id: `chat-${key}` },
    channel: 'webchat',
    occur_time: now(),
    audience: 'AUDIENCE_AUTOMATED'
  })
  const contact = { name: chat.contact }
  const interaction = {
    source_key: { source: 'bot', id: `message-${key}` },
    kind: 'KIND_MESSAGE',
    speaker: 'SPEAKER_CUSTOMER',
    text: 'my machine leaks',
    intent: 'repair',
    occur_time: now()
  }
  await call('RecordInteraction', { contact, interaction })
  const known = await call('AddEvidence', {
    contact,
    request_id: randomUUID(),
    identifiers: [proved],
    occur_time: now(),
    audience: 'AUDIENCE_AUTOMATED'
  })
  const attendants = [{ kind: 'KIND_BOT', id: 'bot' }, { kind: 'KIND_AGENT', id: 'jonas' }]
  await call('UpdateContact', { contact, source_revision: 1, attendants, occur_time: now() })
  await call('EndContact', { contact, occur_time: now(), summary: 'a part is on its way' })
  const mail = await call('StartContact', {
    source_key: { source: 'bot', id: `mail-${key}` },
    channel: 'email',
    identifiers: [proved],
    occur_time: now(),
    audience: 'AUDIENCE_AGENT'
  })
  // From a descriptor set, proto-loader gives a map as the entries that it is on the wire.
  const routing = Object.fromEntries(mail.routing.map(({ key, value }) => [key, value]))
  const refused = await call('UpdateContact', { contact, occur_time: now() }).catch(error => error)
  return {
    before: chat.disclosure,
    midway: known.disclosure,
    oneConversation: mail.conversation === chat.conversation,
    summary: mail.context.ended_contacts[0].contact.summary,
    routing: [routing.disclosure, routing.last_agent, routing.last_intent],
    refused: refused.code
  }
}

journey().then(answers => {
  console.log(JSON.stringify(answers))
  client.close()
}, error => {
  console.error(error)
  process.exit(1)
})
