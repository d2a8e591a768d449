// The calls of the host's pages, one object a noun. Components call these and never fetch.
import { api, request, type Schema } from '../lib/api';

export type Account = Schema<'Account'>;
export type Webinar = Schema<'Webinar'>;
export type Ticket = Schema<'Ticket'>;
export type NewTicket = Schema<'NewTicket'>;
export type Poll = Schema<'Poll'>;
export type Download = Schema<'Download'>;
export type RecordingDetail = Schema<'RecordingDetail'>;
export type Segment = Schema<'Segment'>;
export type Timeline = Schema<'Timeline'>;
export type Sharing = Schema<'Sharing'>;
export type Notice = Schema<'Notice'>;
export type MyConsent = Schema<'MyConsent'>;
export type ConsentAnswer = Schema<'ConsentAnswer'>;
export type Assembly = Schema<'Assembly'>;
export type Member = Schema<'Member'>;
export type MemberChange = Schema<'MemberChange'>;
export type LostVote = Schema<'LostVote'>;
export type MemberLink = Schema<'MemberLink'>;
export type Lang = Schema<'Lang'>;

export const accounts = {
  me: () => api('get', '/api/account', {}),
  setup: (body: Schema<'SetupRequest'>) => api('post', '/api/setup', { body }),
  checkSetup: (body: Schema<'OneTimeLink'>) => api('post', '/api/setup/link', { body }),
  newPassword: (body: Schema<'NewPassword'>) => api('post', '/api/password', { body }),
  ofLink: (body: Schema<'OneTimeLink'>) => api('post', '/api/password/link', { body }),
  signIn: (body: Schema<'SignInRequest'>) => api('post', '/api/session', { body }),
  signOut: () => api('delete', '/api/session', {}),
};

export const webinars = {
  list: () => api('get', '/api/webinars', {}),
  create: (body: Schema<'WebinarRequest'>) => api('post', '/api/webinars', { body }),
  get: (webinar: string) => api('get', '/api/webinars/{webinar}', { params: { webinar } }),
  change: (webinar: string, body: Schema<'WebinarPatch'>) => api('patch', '/api/webinars/{webinar}', { params: { webinar }, body }),
  remove: (webinar: string) => api('delete', '/api/webinars/{webinar}', { params: { webinar } }),
  live: (webinar: string) => api('post', '/api/webinars/{webinar}/live', { params: { webinar } }),
  end: (webinar: string) => api('post', '/api/webinars/{webinar}/end', { params: { webinar } }),
  join: (webinar: string, body: Schema<'JoinRequest'>) => api('post', '/api/webinars/{webinar}/join', { params: { webinar }, body }),
  leave: (webinar: string) => api('post', '/api/webinars/{webinar}/leave', { params: { webinar } }),
};

export const notices = {
  preview: (body: Schema<'RecordingPlan'>) => api('post', '/api/notice', { body }),
};

export const embeds = {
  get: (webinar: string) => api('get', '/api/webinars/{webinar}/embed', { params: { webinar } }),
  set: (webinar: string, origins: string[]) => api('put', '/api/webinars/{webinar}/embed', { params: { webinar }, body: { origins } }),
};

export const tickets = {
  list: (webinar: string) => api('get', '/api/webinars/{webinar}/tickets', { params: { webinar } }),
  issue: (webinar: string, name: string) =>
    api('post', '/api/webinars/{webinar}/tickets', { params: { webinar }, body: { role: 'speaker', name } }),
  revoke: (webinar: string, ticket: string) => api('delete', '/api/webinars/{webinar}/tickets/{ticket}', { params: { webinar, ticket } }),
};

export const people = {
  list: (webinar: string, name: string) => api('get', '/api/webinars/{webinar}/people', { params: { webinar }, ...(name ? { query: { name } } : {}) }),
  invite: (webinar: string, ticket: string) => api('post', '/api/webinars/{webinar}/people/{ticket}/stage', { params: { webinar, ticket } }),
  sendBack: (webinar: string, ticket: string) => api('delete', '/api/webinars/{webinar}/people/{ticket}/stage', { params: { webinar, ticket } }),
};

type Moderation = 'held' | 'shown' | 'hidden' | 'removed';

/** Does what the server asks about first: the body, which is needed for nothing else, says that the host knows. */
async function knowingly(webinar: string, poll: string, what: 'open' | 'repeat' | 'close', body: Schema<'PollOpening'> | Schema<'PollClosing'>): Promise<Poll> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const res = await request(`/api/webinars/${webinar}/polls/${poll}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await res.json()) as Poll;
}

export const polls = {
  list: (webinar: string) => api('get', '/api/webinars/{webinar}/polls', { params: { webinar } }),
  create: (webinar: string, body: Schema<'PollRequest'>) => api('post', '/api/webinars/{webinar}/polls', { params: { webinar }, body }),
  update: (webinar: string, poll: string, body: Schema<'PollRequest'>) =>
    api('put', '/api/webinars/{webinar}/polls/{poll}', { params: { webinar, poll }, body }),
  remove: (webinar: string, poll: string) => api('delete', '/api/webinars/{webinar}/polls/{poll}', { params: { webinar, poll } }),
  open: (webinar: string, poll: string) => api('post', '/api/webinars/{webinar}/polls/{poll}/open', { params: { webinar, poll } }),
  /** Although few members have votes of one weight, or few vote in one way. */
  beginKnowing: (how: 'open' | 'repeat', webinar: string, poll: string) => knowingly(webinar, poll, how, { small_classes: true }),
  close: (webinar: string, poll: string) => api('post', '/api/webinars/{webinar}/polls/{poll}/close', { params: { webinar, poll } }),
  /** Although nobody has counted the ballots on paper. */
  closeWithoutPaper: (webinar: string, poll: string) => knowingly(webinar, poll, 'close', { without_paper: true }),
  paper: (webinar: string, poll: string) => api('get', '/api/webinars/{webinar}/polls/{poll}/paper', { params: { webinar, poll } }),
  texts: (webinar: string, poll: string) => api('get', '/api/webinars/{webinar}/polls/{poll}/texts', { params: { webinar, poll } }),
  moderate: (webinar: string, poll: string, text: string, state: Moderation) =>
    api('put', '/api/webinars/{webinar}/polls/{poll}/texts', { params: { webinar, poll }, body: { text, state } }),
  /** The file goes as it is; the server writes it anew. */
  upload: async (webinar: string, file: Blob): Promise<Schema<'Picture'>> => {
    const res = await request(`/api/webinars/${webinar}/pictures`, { method: 'POST', body: file, headers: { 'Content-Type': file.type, Accept: 'application/json' } });
    return (await res.json()) as Schema<'Picture'>;
  },
  signed: (webinar: string, poll: string) => api('get', '/api/webinars/{webinar}/polls/{poll}/voters', { params: { webinar, poll } }),
  voters: (webinar: string, poll: string, form: 'csv' | 'xlsx') => `/api/webinars/${webinar}/polls/${poll}/voters.${form}`,
  undo: (webinar: string, poll: string) => api('post', '/api/webinars/{webinar}/polls/{poll}/undo', { params: { webinar, poll } }),
  repeat: (webinar: string, poll: string) => api('post', '/api/webinars/{webinar}/polls/{poll}/repeat', { params: { webinar, poll } }),
  /** When an open poll closes by itself; without a time, by hand. */
  end: (webinar: string, poll: string, closes_at?: string) =>
    api('put', '/api/webinars/{webinar}/polls/{poll}/end', { params: { webinar, poll }, body: closes_at ? { closes_at } : {} }),
  results: (webinar: string, poll: string, results: Schema<'PollResults'>) =>
    api('put', '/api/webinars/{webinar}/polls/{poll}/results', { params: { webinar, poll }, body: { results } }),
  /** Puts a poll before another one, or at the end. */
  move: (webinar: string, poll: string, before: string) =>
    api('put', '/api/webinars/{webinar}/polls/{poll}/place', { params: { webinar, poll }, body: { before } }),
  copy: (webinar: string, body: Schema<'PollCopy'>) => api('post', '/api/webinars/{webinar}/polls/copy', { params: { webinar }, body }),
  take: (webinar: string, body: Schema<'PollImport'>) => api('post', '/api/webinars/{webinar}/polls/import', { params: { webinar }, body }),
  sheet: (webinar: string, format: 'md' | 'csv') => `/api/webinars/${webinar}/polls.${format}`,
  file: (webinar: string, poll: string, form: 'csv' | 'xlsx' | 'pdf') => `/api/webinars/${webinar}/polls/${poll}/results.${form}`,
};

export const assembly = {
  get: (webinar: string) => api('get', '/api/webinars/{webinar}/assembly', { params: { webinar } }),
  rules: (webinar: string, body: Schema<'AssemblyRules'>) => api('put', '/api/webinars/{webinar}/assembly/rules', { params: { webinar }, body }),
  change: (webinar: string, member: string, body: Schema<'MemberChange'>) =>
    api('patch', '/api/webinars/{webinar}/assembly/members/{member}', { params: { webinar, member }, body }),
  minutes: (webinar: string, kind: 'pdf' | 'md') => `/api/webinars/${encodeURIComponent(webinar)}/assembly/minutes.${kind}`,
  link: (webinar: string, member: string) =>
    api('post', '/api/webinars/{webinar}/assembly/members/{member}/link', { params: { webinar, member } }),
  import: async (webinar: string, list: Blob): Promise<Schema<'MemberLink'>[]> => {
    const res = await request(`/api/webinars/${encodeURIComponent(webinar)}/assembly/members`, { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: list });
    return (await res.json()) as Schema<'MemberLink'>[];
  },
};

type Step = 'start' | 'pause' | 'resume' | 'stop';

export const recordings = {
  list: (webinar: string) => api('get', '/api/webinars/{webinar}/recordings', { params: { webinar } }),
  announce: (webinar: string, strict: boolean, key: string) =>
    api('post', '/api/webinars/{webinar}/recordings', { params: { webinar }, body: { strict, key } }),
  step: (webinar: string, recording: string, step: Step) =>
    api('post', `/api/webinars/{webinar}/recordings/{recording}/${step}`, { params: { webinar, recording } }),
  remove: (webinar: string, recording: string) =>
    api('delete', '/api/webinars/{webinar}/recordings/{recording}', { params: { webinar, recording } }),
  notice: (webinar: string, recording: string, lang: Lang) =>
    api('get', '/api/webinars/{webinar}/recordings/{recording}/notice', { params: { webinar, recording }, query: { lang } }),
  myConsent: (webinar: string, recording: string) =>
    api('get', '/api/webinars/{webinar}/recordings/{recording}/consent', { params: { webinar, recording } }),
  answer: (webinar: string, recording: string, body: ConsentAnswer) =>
    api('post', '/api/webinars/{webinar}/recordings/{recording}/consent', { params: { webinar, recording }, body }),
  beat: (webinar: string, body: Schema<'Beat'>) => api('post', '/api/webinars/{webinar}/beat', { params: { webinar }, body }),
  segment: (webinar: string, recording: string, segment: string, download = false) =>
    `/api/webinars/${webinar}/recordings/${recording}/segments/${segment}${download ? '?download=1' : ''}`,
  timeline: (webinar: string, recording: string) =>
    api('get', '/api/webinars/{webinar}/recordings/{recording}/timeline', { params: { webinar, recording } }),
  trim: (webinar: string, recording: string, body: Schema<'Trim'>) =>
    api('put', '/api/webinars/{webinar}/recordings/{recording}/trim', { params: { webinar, recording }, body }),
  untrim: (webinar: string, recording: string) =>
    api('delete', '/api/webinars/{webinar}/recordings/{recording}/trim', { params: { webinar, recording } }),
  sharing: (webinar: string, recording: string) =>
    api('get', '/api/webinars/{webinar}/recordings/{recording}/sharing', { params: { webinar, recording } }),
  /** Files of a recording to keep. */
  kept: (webinar: string, recording: string, file: 'program' | 'masters.zip' | 'timeline') =>
    `/api/webinars/${webinar}/recordings/${recording}/${file}${file === 'masters.zip' ? '' : '?download=1'}`,
  /** What lies at an address that the timeline tells. */
  peaks: async (url: string, signal: AbortSignal) => (await (await request(url, { signal })).json()) as Schema<'Peaks'>,
  captions: async (url: string, signal: AbortSignal) => (await request(url, { signal })).text(),
  /** Asks for the first byte of a film that does not play: what the server says against it, undefined if nothing. */
  refusal: async (url: string): Promise<unknown> => {
    try {
      const res = await request(url, { headers: { Range: 'bytes=0-0' } });
      await res.body?.cancel();
      return undefined;
    } catch (error) {
      return error;
    }
  },
  /** Keeps captions (WebVTT); answers the timeline as it is now. */
  setCaptions: async (webinar: string, recording: string, lang: string, text: string) => {
    const headers = { 'Content-Type': 'text/vtt', Accept: 'application/json' };
    const res = await request(`/api/webinars/${webinar}/recordings/${recording}/captions/${lang}`, { method: 'PUT', body: text, headers });
    return (await res.json()) as Timeline;
  },
  dropCaptions: (webinar: string, recording: string, lang: string) =>
    api('delete', '/api/webinars/{webinar}/recordings/{recording}/captions/{lang}', { params: { webinar, recording, lang } }),
  make: (webinar: string, recording: string, making: 'mp4' | 'composite') =>
    api('post', `/api/webinars/{webinar}/recordings/{recording}/made/{making}`, { params: { webinar, recording, making } }),
  keptMade: (webinar: string, recording: string, making: 'mp4' | 'composite') => `/api/webinars/${webinar}/recordings/${recording}/made/${making}?download=1`,
  downloads: (webinar: string, recording: string) => api('get', '/api/webinars/{webinar}/recordings/{recording}/downloads', { params: { webinar, recording } }),
  copyDeleted: (webinar: string, recording: string, download: string) =>
    api('post', '/api/webinars/{webinar}/recordings/{recording}/downloads/{download}/deleted', { params: { webinar, recording, download } }),
  report: (webinar: string, recording: string, kind: 'csv' | 'pdf') => `/api/webinars/${webinar}/recordings/${recording}/report.${kind}`,
  ledger: (webinar: string, recording: string) => `/api/webinars/${webinar}/recordings/${recording}/ledger`,
};
