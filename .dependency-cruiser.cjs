// Who may import whom: design.md, "Layout". Paths are anchored, so that the same rules hold for the fixtures that
// test/imports makes to see each of them go red.
const test = '\\.test\\.ts$';
const temporal = '(^|/)@temporalio/';
const engine = '^src/(abort|promises|stores|transfer|ssh|execution|artifacts|hashing|lock)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'workflows-import-contracts-only',
      comment:
        'Workflow code is bundled for a sandbox and replayed for years: contracts and the SDK are all it may know.',
      severity: 'error',
      from: {path: '^workflows/', pathNot: test},
      to: {pathNot: ['^workflows/', '^src/contracts/', '(^|/)@temporalio/(workflow|common)(/|$)']},
    },
    {
      name: 'contracts-import-zod-only',
      comment: 'Contracts are read by workflows, clients and other programs: they know nothing of Node or Temporal.',
      severity: 'error',
      from: {path: '^src/contracts/', pathNot: test},
      to: {pathNot: ['^src/contracts/', '(^|/)zod(/|$)']},
    },
    {
      name: 'engine-knows-no-temporal',
      comment: 'What moves, stores and runs works alone as a library.',
      severity: 'error',
      from: {path: engine, pathNot: test},
      to: {path: temporal},
    },
    {
      name: 'engine-knows-no-callers',
      comment: 'The arrows go down: the engine is called by activities, workers and clients, and calls none of them.',
      severity: 'error',
      from: {path: engine},
      to: {path: '^(src/(client|worker|cli|embedded)|activities|workflows)/'},
    },
    {
      name: 'stores-know-no-transfer',
      comment: 'A store holds files; how they are moved is decided above it.',
      severity: 'error',
      from: {path: '^src/stores/'},
      // The shell of a target is an interface that both know.
      to: {path: '^src/(transfer|execution|artifacts)/', pathNot: '^src/execution/shell\\.ts$'},
    },
    {
      name: 'client-stays-a-client',
      comment: 'A client needs a Temporal address and nothing else: no configuration, worker or stack of its own.',
      severity: 'error',
      from: {path: '^src/client/', pathNot: test},
      to: {
        path: [
          '^(src/(worker|cli|embedded|config|ssh|stores/ssh)|activities|workflows)/',
          '(^|/)@temporalio/worker(/|$)',
        ],
      },
    },
    {
      name: 'client-commands-import-the-client-only',
      comment: 'Operator commands, which run with the configuration of a worker, lie in src/cli/operator.',
      severity: 'error',
      from: {path: '^src/cli/', pathNot: ['^src/cli/operator/', test]},
      to: {path: ['^(src|activities|workflows)/', '(^|/)@temporalio/'], pathNot: '^src/(cli|client|contracts)/'},
    },
    {
      name: 'operator-commands-start-from-one-place',
      comment:
        'The bundle of the command line leaves src/cli/operator out: anything else that imported it would be lost.',
      severity: 'error',
      from: {path: '^src/', pathNot: ['^src/cli/operator\\.ts$', '^src/cli/operator/', test]},
      to: {path: '^src/cli/operator/'},
    },
    {
      name: 'activities-know-no-clients',
      comment: 'Activities are called by workflows: they know neither who started those nor how a worker is assembled.',
      severity: 'error',
      from: {path: '^activities/', pathNot: test},
      to: {path: '^(src/(client|cli|embedded)|workflows)/'},
    },
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one topic or need a third. Types alone may refer to each other.',
      severity: 'error',
      from: {},
      to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only']}},
    },
    {
      name: 'no-test-code',
      comment: 'What is shipped does not depend on tests.',
      severity: 'error',
      from: {path: '^(src|workflows|activities)/', pathNot: [test, '^src/stores/contract/', '(scripted|fixture)']},
      to: {path: [test, '^test/', '(^|/)vitest(/|$)']},
    },
    {
      name: 'every-import-resolves',
      comment: 'An import that is not found would pass every other rule.',
      severity: 'error',
      from: {path: '^(src|workflows|activities)/'},
      to: {couldNotResolve: true},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: `${__dirname}/tsconfig.json`},
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.d.ts', '.cjs', '.mjs', '.json'],
    },
  },
};
