// The calls about questions. Components call the box, and the box calls these.
import { api, type Schema } from '../lib/api';

export type Rules = Schema<'QuestionRules'>;
export type Move = Schema<'QuestionMove'>;

export const questions = {
  list: (webinar: string) => api('get', '/api/webinars/{webinar}/questions', { params: { webinar } }),
  ask: (webinar: string, body: Schema<'QuestionRequest'>) => api('post', '/api/webinars/{webinar}/questions', { params: { webinar }, body }),
  own: (webinar: string, secrets: string[]) => api('post', '/api/webinars/{webinar}/questions/own', { params: { webinar }, body: { secrets } }),
  edit: (webinar: string, question: string, text: string, secret?: string) =>
    api('put', '/api/webinars/{webinar}/questions/{question}', { params: { webinar, question }, body: { text, ...(secret ? { secret } : {}) } }),
  withdraw: (webinar: string, question: string, secret?: string) =>
    api('post', '/api/webinars/{webinar}/questions/{question}/withdraw', { params: { webinar, question }, body: secret ? { secret } : {} }),
  vote: (webinar: string, question: string, up: boolean) => api(up ? 'put' : 'delete', '/api/webinars/{webinar}/questions/{question}/vote', { params: { webinar, question } }),
  move: (webinar: string, question: string, body: Move) => api('put', '/api/webinars/{webinar}/questions/{question}/state', { params: { webinar, question }, body }),
  rules: (webinar: string, body: Rules) => api('put', '/api/webinars/{webinar}/questions/rules', { params: { webinar }, body }),
  csv: (webinar: string) => `/api/webinars/${webinar}/questions.csv`,
};
