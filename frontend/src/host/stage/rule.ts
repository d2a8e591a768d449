/** Rule is what a recording does while somebody on stage has not agreed: it pauses for all, or goes on without them. */
export type Rule = 'strict' | 'each';
