// The arrows between the rooms of src/lib, as a lint rule: docs/design/rooms.md says why.
const rooms = {
  base: [],
  wire: ['base'],
  h264: ['base'],
  mp4: ['base', 'h264'],
  storage: ['base'],
  recording: ['wire', 'h264', 'mp4', 'storage', 'base'],
  ingest: ['wire', 'base'],
  ffmpeg: ['storage', 'base'],
  readback: ['recording', 'storage', 'mp4', 'h264', 'base'],
  mux: ['ffmpeg', 'readback', 'recording', 'storage', 'mp4', 'h264', 'base'],
  verify: ['ffmpeg', 'readback', 'mux', 'recording', 'storage', 'mp4', 'h264', 'base'],
  admin: ['base'],
  web: ['storage', 'admin', 'h264', 'base'],
  simulate: ['wire', 'h264', 'base'],
  daemon: [
    'web',
    'ingest',
    'recording',
    'storage',
    'admin',
    'mux',
    'ffmpeg',
    'mp4',
    'h264',
    'wire',
    'base',
  ],
  cli: ['base'],
};

const arrows = Object.entries(rooms).map(([room, mayImport]) => ({
  name: `room-${room}`,
  severity: 'error',
  comment: `src/lib/${room} may import only: ${[room, ...mayImport].join(', ')}`,
  from: { path: `^src/lib/${room}/` },
  to: { path: '^src/', pathNot: `^src/lib/(${[room, ...mayImport].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'pages-run-in-browsers',
      severity: 'error',
      comment: 'Of src/lib a page may use what both ends share and pure functions; types are free',
      from: { path: '^src/web/' },
      to: {
        path: '^src/lib/|^node:|node_modules/',
        pathNot: '^src/lib/(web/(limits|live-protocol|web-api)|base/(format|printable))[.]ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nobody-imports-commands',
      severity: 'error',
      from: { pathNot: '^src/commands/' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'commands-render-only',
      severity: 'error',
      comment: 'A command parses flags, makes one library call and renders: no files, no sockets',
      from: { path: '^src/commands/' },
      to: {
        path: '^(node:)?(fs|net|http|https|child_process)(/promises)?$|node_modules/(ws|execa)/',
      },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
