import type { DataSetEntry, DataSetFile } from './data-set.js'

const debian = (name: string, version: string, folder: string): Pick<DataSetEntry, 'url' | 'source'> => ({
  url: `https://packages.debian.org/bookworm/${name}`,
  source: { kind: 'apt', package: name, version, folder },
})
const file = (path: string, bytes: number, sha256: string): DataSetFile => ({ path, bytes, sha256 })

/** Data sets that lie inside Debian packages (bookworm); one file or a few are taken out, nothing is installed. */
export const debianEntries: readonly DataSetEntry[] = [
  {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST, 60,000 + 10,000 pictures of clothing of 28 × 28',
    licence: 'MIT',
    ...debian('dataset-fashion-mnist', '0.0~git20200523.55506a9-1', 'usr/share/datasets/fashion-mnist'),
    files: [
      file('train-images-idx3-ubyte.gz', 26421856, 'b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7'),
      file('train-labels-idx1-ubyte.gz', 29491, '0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056'),
      file('t10k-images-idx3-ubyte.gz', 4422079, 'cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa'),
      file('t10k-labels-idx1-ubyte.gz', 5125, '8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05'),
    ],
  },
  {
    name: 'star',
    title: 'Project STAR, class-size trial in Tennessee: 11,598 pupils × 47 columns over four years (R data)',
    licence: 'GPL-2 or GPL-3 (package AER)',
    ...debian('r-cran-aer', '1.2-10-1', 'usr/lib/R/site-library/AER/data'),
    files: [file('STAR.rda', 220924, '9e597f8096550185acb7917e6b087a45815574b0f2a4d770222395dd85a4b7b1')],
  },
  {
    name: 'survival',
    title: 'Clinical tables of the package survival: nafld1 to 3, pbc, pbcseq, flchain, colon … (R data)',
    licence: 'LGPL-2 or later (package survival)',
    ...debian('r-cran-survival', '3.5-3-1', 'usr/lib/R/library/survival/data'),
    files: [
      file('Rdata.rdb', 1959401, '2e74547bf2b9773c47411e26f7f2ad4efea118ba70579174192102f5d5b4e36d'),
      file('Rdata.rdx', 920, '11265b8ae52a2c61c49a12ce9de24c62684cbfeae0a0e689d9a64cd43f1ce799'),
    ],
  },
  {
    name: 'mlmrev',
    title: 'School tables of the package mlmRev: star, Exam, egsingle, bdf, Hsb82, Chem97 … (R data)',
    licence: 'GPL-2 or later (package mlmRev)',
    ...debian('r-cran-mlmrev', '1.0-8-2', 'usr/lib/R/site-library/mlmRev/data'),
    files: [
      file('Rdata.rdb', 1146240, 'fb8e781b1367e69dd510daf7a32ab4e3f70a715918b1be4fd4bf8696df396163'),
      file('Rdata.rdx', 515, '92f9487cbdb4653807694dafb028b80627641ed1465e07990b12c5d5583c3d4b'),
    ],
  },
  {
    name: 'modeldata',
    title: 'Tables of the package modeldata: food reviews, ad_data, Chicago transit, attrition … (R data)',
    licence: 'MIT (package modeldata)',
    ...debian('r-cran-modeldata', '1.1.0-1', 'usr/lib/R/site-library/modeldata/data'),
    files: [
      file('Rdata.rdb', 4140200, '2ecef5e8da0f782ae4e3f65d928fe769702accffd8981cc358a3097f6736f58f'),
      file('Rdata.rdx', 780, 'c23e1be60f2730fb526ce158a307e154c91a953169fcb8e73350c4e032e14538'),
    ],
  },
  {
    name: 'mice',
    title: 'Tables with missing values of the package mice: boys, selfreport, tbc, brandsma … (R data)',
    licence: 'GPL-2 or later (package mice)',
    ...debian('r-cran-mice', '3.15.0-1', 'usr/lib/R/site-library/mice/data'),
    files: [
      file('Rdata.rdb', 376136, '80f2ba166985e4f22dfbf57cadfc23584997f194fbe0469bebbc055402dc5613'),
      file('Rdata.rdx', 499, '0b81f29cf22df7113270fdcd7c54fc877a2124e5040e1723ff3a85b10f321183'),
    ],
  },
  {
    name: 'mlbench',
    title: 'UCI tables of the package mlbench: letters, satellite, Pima, soybean, votes, ozone (R data)',
    licence: 'GPL-2 (package mlbench; data from UCI)',
    ...debian('r-cran-mlbench', '2.1-3-1', 'usr/lib/R/site-library/mlbench/data'),
    files: [
      file('LetterRecognition.rda', 162580, '967a1a3e10b548d7269cbe50182bcecd6365cc58ea07638bbc34c51f17f34f1d'),
      file('Satellite.rda', 109096, '29f8cf9bb1bc51b769d694c9caf740fd1c36ed6a7c87603edf5985962e330f64'),
      file('PimaIndiansDiabetes2.rda', 8284, '986f0c7dab95708aee2d1d8f8ae8fe6f03fdd93008ee83b5716dce1516e5c1fc'),
      file('Soybean.rda', 4732, '0f879952da961c845724bebecca44cd57ebbc60f22f7b3c0b6bf72812aafe842'),
      file('BreastCancer.rda', 5460, '1fcf1b82128c287b2777005a93a2b76fdb4d6749ed6df05231f85953f1fc7c2b'),
      file('HouseVotes84.rda', 2264, '18318b91a4b1dfaa2d1f9ff915aff018c2bb3140386073bfc02136fbf8e232b7'),
      file('Ozone.rda', 5224, '3c43847325bdea47f28e8231d3d7e14915982aa73275bbefbed75e5e6dc18c5f'),
    ],
  },
  {
    name: 'irish-wind',
    title: 'Daily wind at 12 Irish stations, 1961 to 1978, 6,574 days (R data)',
    licence: 'GPL-2 or later (package gstat)',
    ...debian('r-cran-gstat', '2.1-0-1', 'usr/lib/R/site-library/gstat/data'),
    files: [file('wind.rda', 98276, 'e1db91ca098d4ed790e0d80faf7f7778bcca450a1f4deb86fe8e4fb76181f24c')],
  },
  {
    name: 'austen',
    title: 'Six novels of Jane Austen (R data)',
    licence: 'text: public domain; package janeaustenr: MIT',
    ...debian('r-cran-janeaustenr', '1.0.0-1', 'usr/lib/R/site-library/janeaustenr/data'),
    files: [
      file('Rdata.rdb', 1601335, '8fb5198960d0da724b1562f96e4221e5c1b41ff455000280b02c55980c3d8f21'),
      file('Rdata.rdx', 262, 'cab8cbe4ce965d3b42b35c03383bafccc0eb78151f70e4748ead45270470c22f'),
    ],
  },
  {
    name: 'ontologies',
    title: 'ChEBI 105 (chemical entities and their roles) and Gene Ontology of 2013 (OBO)',
    licence: 'ChEBI: CC-BY-3.0; Gene Ontology: CC-BY',
    ...debian('emboss-data', '6.6.0+dfsg-12', 'usr/share/EMBOSS/data/OBO'),
    files: [
      file('chebi.obo', 32533561, '55fd01393be335edea7cf6c21dc1d5ae6d9601b21efde353b4551ac11f0e6742'),
      file('go.obo', 28859032, '6f020654bf82c8d453677b86df2dbe83f8b2e339b158802dd00dd3d26137e166'),
    ],
  },
]
