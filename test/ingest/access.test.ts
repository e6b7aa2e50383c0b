import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type AccessRules, checkAccess } from '../../src/lib/ingest/access.js';

const TOKEN = 'correct-horse-battery';

function decide(
  rules: AccessRules,
  headers: Record<string, string> = {},
  url = '/android-cam',
  encrypted = false,
) {
  const request = { headers: { host: '192.168.1.5:8765', ...headers }, url, socket: { encrypted } };
  return checkAccess(request as unknown as IncomingMessage, rules);
}

describe('without a token', () => {
  it('everybody may come in', () => {
    expect(decide({})).toEqual({ ok: true });
    expect(decide({}, { authorization: 'Bearer whatever' })).toEqual({ ok: true });
  });
});

describe('with a token', () => {
  const rules = { token: TOKEN };

  it('a bearer of it may', () => {
    expect(decide(rules, { authorization: `Bearer ${TOKEN}` })).toEqual({ ok: true });
    expect(decide(rules, { authorization: `bearer  ${TOKEN}` })).toEqual({ ok: true });
  });

  it('so may who has it in the address, and what a browser then loads', () => {
    const first = decide(rules, {}, `/?name=x&token=${TOKEN}`);
    if (!first.ok) throw new Error(first.detail);
    expect(first.setCookie).toMatch(/HttpOnly; SameSite=Strict$/);
    expect(first.setCookie).not.toContain(TOKEN);
    const cookie = `a=b; ${first.setCookie?.split(';')[0]}; c=d`;
    expect(decide(rules, { cookie })).toEqual({ ok: true });
    expect(decide(rules, {}, `/?token=${TOKEN}`, true)).toMatchObject({
      setCookie: expect.stringContaining('; Secure'),
    });
  });

  it('each daemon on a machine has a cookie of its own: browsers send those of all its ports', () => {
    const cookie = (host: string, encrypted = false) => {
      const decision = decide(rules, { host }, `/?token=${TOKEN}`, encrypted);
      return (decision.ok && decision.setCookie?.split('=')[0]) || 'none';
    };
    const names = [cookie('pi:8765'), cookie('pi:8766', true), cookie('pi'), cookie('pi', true)];
    expect(new Set(names).size).toBe(4);
    expect(names).not.toContain('none');
  });

  it.each([
    ['nothing', {}, '/', 'no token'],
    ['another', { authorization: 'Bearer wrong' }, '/', 'a wrong token'],
    ['a beginning of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, '/', 'a wrong token'],
    ['it and more', { authorization: `Bearer ${TOKEN}x` }, '/', 'a wrong token'],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, '/', 'no token'],
    ['an empty one', {}, '/?token=', 'no token'],
    ['another in the address', {}, '/?token=wrong', 'a wrong token'],
    ['it in the wrong field', {}, `/?Token=${TOKEN}`, 'no token'],
    ['another cookie', { cookie: 'camrec_access_8765=wrong' }, '/', 'a wrong token'],
    ['a cookie of another port', { cookie: 'camrec_access_8766=wrong' }, '/', 'no token'],
    ['the token as a cookie', { cookie: `camrec_access_8765=${TOKEN}` }, '/', 'a wrong token'],
  ])('who presents %s may not', (_name, headers, url, detail) => {
    const decision = decide(rules, headers as Record<string, string>, url);
    expect(decision).toMatchObject({ ok: false, status: 401, limit: 'unauthorized', detail });
    expect(JSON.stringify(decision)).not.toMatch(/horse|wrong"/);
  });
});

describe('the Origin of a page', () => {
  const from = (origin: string, host = '192.168.1.5:8765', encrypted = false) =>
    decide({ allowedOrigins: ['https://lab.example'] }, { origin, host }, '/', encrypted).ok;

  it.each([
    ['this server by its address', 'http://192.168.1.5:8765', '192.168.1.5:8765'],
    ['by its IPv6 address', 'http://[fe80::1]:8765', '[fe80::1]:8765'],
    ['by localhost', 'http://localhost:8765', 'localhost:8765'],
    ['by its name', `http://${hostname()}:8765`, `${hostname()}:8765`],
    ['on the standard port', 'http://192.168.1.5', '192.168.1.5:80'],
    ['one that the operator allows', 'https://lab.example', '192.168.1.5:8765'],
  ])('is fine: %s', (_name, origin, host) => {
    expect(from(origin, host)).toBe(true);
  });

  it.each([
    ['another site', 'http://evil.example', '192.168.1.5:8765'],
    ['another port', 'http://192.168.1.5:80', '192.168.1.5:8765'],
    ['a name that was pointed here', 'http://evil.example:8765', 'evil.example:8765'],
    ['a page without origin', 'null', '192.168.1.5:8765'],
    ['a file', 'file:///tmp/x.html', ''],
    ['nonsense', 'http://', '192.168.1.5:8765'],
  ])('is refused: %s', (_name, origin, host) => {
    expect(from(origin, host)).toBe(false);
  });

  it('may be any name under TLS, which a certificate vouches for', () => {
    expect(from('https://cam.lab:8765', 'cam.lab:8765', true)).toBe(true);
    expect(from('https://evil.example', 'cam.lab:8765', true)).toBe(false);
  });

  it('is asked before the token', () => {
    const headers = { origin: 'http://evil.example', authorization: `Bearer ${TOKEN}` };
    expect(decide({ token: TOKEN }, headers)).toMatchObject({ ok: false, status: 403 });
  });
});
