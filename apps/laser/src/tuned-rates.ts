import type { Tuning } from './tune.js'

// Learning rates of the laptop preset by the identity of a cell (what `npm start -- laser --preset complete` writes to
// .cache/studies/laser-tuning). Tuning takes as long as the runs of all seeds do.

export const tunedRates: Readonly<Record<string, Tuning & { readonly arm: string }>> = {
  '498b5ad6810457b8bd28b33308f607a8': {
    arm: 'cnn-laser-1',
    exponent: -7,
    tried: [
      [-8, 30.550977],
      [-7, 19.750675],
      [-6, 21.200695],
      [-5, 29.450943],
      [-4, 40.101396],
    ],
  },
  '514ee2834090ef4820818b2bd48abeab': {
    arm: 'cnn-laser-30',
    exponent: -4,
    tried: [
      [-5, 9.550351],
      [-4, 7.000249],
      [-3, 11.200366],
    ],
  },
  '39761a95ead18ed5e6148dd2cd64fe59': {
    arm: 'cnn-zsgd-1',
    exponent: -8,
    tried: [
      [-9, 60.601769],
      [-8, 28.350935],
      [-7, 28.950973],
      [-6, 48.202243],
      [-5, 87.302343],
    ],
  },
  ec29ddee6dbf1db6c76c4c16c03e3046: {
    arm: 'cnn-zsgd-30',
    exponent: -6,
    tried: [
      [-7, 14.350506],
      [-6, 12.950458],
      [-5, 14.750499],
      [-4, 18.600604],
    ],
  },
  '2d36ab447aba117bc5c2ab62f141c087': {
    arm: 'gpt-laser-1',
    exponent: -4,
    tried: [
      [-6, 3.070659],
      [-5, 3.073317],
      [-4, 3.049583],
      [-3, 3.178547],
    ],
  },
  fd215e8e9a05fca95909cc1d27b6a0f9: {
    arm: 'gpt-laser-1000',
    exponent: -6,
    tried: [
      [-7, 2.670593],
      [-6, 2.534703],
      [-5, 2.786785],
      [-4, 2.618219],
    ],
  },
  b72a4bf19a3d1fcaa515b97e39a704c3: {
    arm: 'gpt-laser-30',
    exponent: -6,
    tried: [
      [-7, 2.862274],
      [-6, 2.667889],
      [-5, 2.721123],
      [-4, 2.778132],
    ],
  },
  e374d495db3b214a1e373b487e82e0ce: {
    arm: 'gpt-zsgd-1',
    exponent: -4,
    tried: [
      [-6, 3.132153],
      [-5, 3.049235],
      [-4, 3.017894],
      [-3, 3.231273],
    ],
  },
  '3a48c41c9d0931834a3dd3e941fe91f5': {
    arm: 'gpt-zsgd-1000',
    exponent: -5,
    tried: [
      [-6, 2.520646],
      [-5, 2.459229],
      [-4, 2.508114],
    ],
  },
  '434f88e793ec9b4eb2e4c10ba11ca465': {
    arm: 'gpt-zsgd-30',
    exponent: -5,
    tried: [
      [-6, 2.818782],
      [-5, 2.583467],
      [-4, 2.640328],
    ],
  },
  '7e5c525073a59032d556fc599d7375e2': {
    arm: 'linear-laser-0p01',
    exponent: -9,
    tried: [
      [-10, 69.202008],
      [-9, 52.551614],
      [-8, 56.202327],
      [-7, 62.008088],
    ],
  },
  '8315aec81873d2f2cdbc4a66a302c9a4': {
    arm: 'linear-laser-0p1',
    exponent: -8,
    tried: [
      [-9, 39.051342],
      [-8, 25.300864],
      [-7, 26.500855],
      [-6, 34.702509],
    ],
  },
  d7ad60847c8daec23e228783b6a564a6: {
    arm: 'linear-laser-1',
    exponent: -6,
    tried: [
      [-7, 14.550535],
      [-6, 13.850483],
      [-5, 20.250947],
    ],
  },
  '22f04b7debcd7fcf8a730a191cf686e6': {
    arm: 'linear-laser-10',
    exponent: -5,
    tried: [
      [-6, 10.75041],
      [-5, 10.200372],
      [-4, 13.750635],
    ],
  },
  d319ca835746393b7ecd8ce59c5de072: {
    arm: 'linear-laser-100',
    exponent: -4,
    tried: [
      [-5, 9.20035],
      [-4, 8.950359],
      [-3, 13.350698],
    ],
  },
  '05211e799ebcd220c7f967bfda0abc77': {
    arm: 'linear-laser-1000',
    exponent: -4,
    tried: [
      [-5, 9.000342],
      [-4, 8.850342],
      [-3, 10.250455],
    ],
  },
  a3a279ccda39a1264512b21b45c63ff0: {
    arm: 'linear-laser-10000',
    exponent: -4,
    tried: [
      [-5, 8.900342],
      [-4, 8.900336],
      [-3, 10.750455],
    ],
  },
  '771935da30554cb2a3ae869116526380': {
    arm: 'linear-noiseless',
    exponent: -4,
    tried: [
      [-5, 9.100346],
      [-4, 8.650331],
      [-3, 9.600379],
      [-2, 11.900776],
    ],
  },
  '45309b276cf5d0fa1fc0f2b0e83dbb1c': {
    arm: 'linear-random-0p01',
    exponent: -8,
    tried: [
      [-9, 44.801391],
      [-8, 34.901071],
      [-7, 41.501998],
    ],
  },
  cafd348a05930b8d7106dbac3d8eb98a: {
    arm: 'linear-random-0p1',
    exponent: -7,
    tried: [
      [-8, 20.800795],
      [-7, 15.400573],
      [-6, 19.30071],
    ],
  },
  faf4d4722e157d40fadda496fcc5f6ad: {
    arm: 'linear-random-1',
    exponent: -6,
    tried: [
      [-7, 13.400517],
      [-6, 10.900418],
      [-5, 13.250556],
    ],
  },
  a6a6b4dcbbb73e77f12775e05d6a7985: {
    arm: 'linear-random-10',
    exponent: -6,
    tried: [
      [-7, 13.400512],
      [-6, 10.400394],
      [-5, 12.95045],
      [-4, 10.85081],
    ],
  },
  '046aae887e52efebc3bf0ba3d318fd44': {
    arm: 'linear-random-100',
    exponent: -4,
    tried: [
      [-5, 10.9004],
      [-4, 10.300722],
      [-3, 11.302191],
    ],
  },
  '6a59fc30feedcee4fd0bc87cd2db9eb9': {
    arm: 'linear-signum-0p01',
    exponent: -7,
    tried: [
      [-8, 74.802211],
      [-7, 68.402433],
      [-6, 70.555384],
    ],
  },
  '0d414c795069024989b9958f89e9de84': {
    arm: 'linear-signum-0p1',
    exponent: -7,
    tried: [
      [-8, 48.651544],
      [-7, 39.901262],
      [-6, 45.402588],
    ],
  },
  e64627506d42746590a7ae46492112a3: {
    arm: 'linear-signum-1',
    exponent: -7,
    tried: [
      [-8, 23.800819],
      [-7, 21.100698],
      [-6, 25.101351],
    ],
  },
  b453c2c30e1326e8bfcba42e92fb8637: {
    arm: 'linear-signum-10',
    exponent: -7,
    tried: [
      [-8, 14.65051],
      [-7, 14.450547],
      [-6, 17.251011],
    ],
  },
  '0329dd03062c88860510149903469a0a': {
    arm: 'linear-signum-100',
    exponent: -7,
    tried: [
      [-8, 12.250453],
      [-7, 11.800572],
      [-6, 15.001095],
    ],
  },
  '9c0de6f2c892d553e0dbd73d806a9414': {
    arm: 'linear-sketch-0p01',
    exponent: -9,
    tried: [
      [-10, 65.701932],
      [-9, 54.701656],
      [-8, 58.653166],
    ],
  },
  '9adc76f01d0a591cb3883fb353db97aa': {
    arm: 'linear-sketch-0p1',
    exponent: -8,
    tried: [
      [-9, 38.801308],
      [-8, 28.100907],
      [-7, 33.201324],
    ],
  },
  '0ec29d05a30a027299c33d519770f0c7': {
    arm: 'linear-sketch-1',
    exponent: -7,
    tried: [
      [-8, 20.150776],
      [-7, 16.050559],
      [-6, 19.300704],
    ],
  },
  '2e5ffa7857180dbdf523f1358f4b08e6': {
    arm: 'linear-sketch-10',
    exponent: -6,
    tried: [
      [-7, 13.450518],
      [-6, 11.500421],
      [-5, 13.900496],
    ],
  },
  '6da9ab201661223c046ce137d2fdc4b4': {
    arm: 'linear-sketch-100',
    exponent: -5,
    tried: [
      [-6, 10.500403],
      [-5, 9.350367],
      [-4, 11.250463],
    ],
  },
  f721bf48090835653962b2ecd0983f5c: {
    arm: 'linear-zsgd-0p01',
    exponent: -9,
    tried: [
      [-10, 69.502048],
      [-9, 59.001834],
      [-8, 66.953657],
    ],
  },
  deed482e9412682bd13ffe0ba238055e: {
    arm: 'linear-zsgd-0p1',
    exponent: -8,
    tried: [
      [-9, 40.951364],
      [-8, 29.850963],
      [-7, 36.951449],
    ],
  },
  '8655d33025f8e52d1fe697f7acb89736': {
    arm: 'linear-zsgd-1',
    exponent: -7,
    tried: [
      [-8, 20.700796],
      [-7, 16.100577],
      [-6, 20.500723],
    ],
  },
  '046cde6994bfbe883ef8f49dbe09642a': {
    arm: 'linear-zsgd-10',
    exponent: -6,
    tried: [
      [-7, 13.90052],
      [-6, 12.200421],
      [-5, 13.600493],
    ],
  },
  ae6f7f41d5fa943b523b2ec6541bec68: {
    arm: 'linear-zsgd-100',
    exponent: -5,
    tried: [
      [-6, 10.750401],
      [-5, 9.300357],
      [-4, 10.900419],
    ],
  },
  '1bd75a95eea40a804c5627a8ab092671': {
    arm: 'linear-zsgd-1000',
    exponent: -4,
    tried: [
      [-5, 8.850348],
      [-4, 8.700343],
      [-3, 10.650443],
    ],
  },
  '1662e63cb423d5071bf6d4b63351d44f': {
    arm: 'linear-zsgd-10000',
    exponent: -4,
    tried: [
      [-5, 8.800344],
      [-4, 8.500332],
      [-3, 9.700386],
    ],
  },
  '6977f14a24cb35b2d6a5717f62b6d7b7': {
    arm: 'mlp-laser-3',
    exponent: -5,
    tried: [
      [-6, 9.600326],
      [-5, 8.750295],
      [-4, 17.551001],
    ],
  },
  '2b69c55563e3e362608d385b73473405': {
    arm: 'mlp-laser-3-no-feedback',
    exponent: -5,
    tried: [
      [-6, 37.501214],
      [-5, 23.300735],
      [-4, 43.804769],
    ],
  },
  '19e96f06b151c055de4501601aa5b4e1': {
    arm: 'mlp-laser-3-rank-1',
    exponent: -5,
    tried: [
      [-6, 9.450331],
      [-5, 8.40029],
      [-4, 11.600465],
    ],
  },
  '4581ad839554a29277263641894a5f17': {
    arm: 'mlp-laser-3-rank-16',
    exponent: -6,
    tried: [
      [-7, 13.150474],
      [-6, 12.05039],
      [-5, 29.007467],
      [-4, 1000000000],
    ],
  },
  c9d6f5064f8bcbc5c48462fd70895aec: {
    arm: 'mlp-laser-3-rank-64',
    exponent: -7,
    tried: [
      [-8, 22.900806],
      [-7, 14.300498],
      [-6, 18.200651],
      [-5, 1000000000],
      [-4, 1000000000],
    ],
  },
  '7f32700164adf045992b79ca2fa4ef1d': {
    arm: 'mlp-laser-30',
    exponent: -4,
    tried: [
      [-5, 6.500237],
      [-4, 5.600191],
      [-3, 9.400376],
    ],
  },
  '4e0d0bd3635b66f3af99e022680cab79': {
    arm: 'mlp-laser-300',
    exponent: -3,
    tried: [
      [-5, 6.600228],
      [-4, 5.550181],
      [-3, 5.200178],
      [-2, 25.751133],
    ],
  },
  b9d5132f50eab07feab4c0c7aabf6e0d: {
    arm: 'mlp-laser-3000',
    exponent: -3,
    tried: [
      [-5, 6.65023],
      [-4, 5.550168],
      [-3, 4.25015],
      [-2, 19.050654],
    ],
  },
  '9acd924b4c4b9e111275ce8a5c08a173': {
    arm: 'mlp-laser-30000',
    exponent: -3,
    tried: [
      [-5, 6.65023],
      [-4, 5.550169],
      [-3, 4.700153],
      [-2, 23.700799],
    ],
  },
  '7850ab0e4defc2131a653e435c80a345': {
    arm: 'mlp-noiseless',
    exponent: -3,
    tried: [
      [-4, 4.900165],
      [-3, 3.70013],
      [-2, 8.050328],
    ],
  },
  '838f73a072b8b455e2e66844414a2429': {
    arm: 'mlp-random-3',
    exponent: -6,
    tried: [
      [-7, 13.05047],
      [-6, 10.60035],
      [-5, 19.450916],
      [-4, 1000000000],
    ],
  },
  '6964ca8d9c3604e1c866b41decad450b': {
    arm: 'mlp-random-30',
    exponent: -5,
    tried: [
      [-6, 8.750311],
      [-5, 6.850238],
      [-4, 7.60025],
      [-3, 25.501434],
    ],
  },
  aced96be65c6ffd707b6e10270365107: {
    arm: 'mlp-random-300',
    exponent: -4,
    tried: [
      [-5, 6.400224],
      [-4, 5.500168],
      [-3, 7.650254],
    ],
  },
  df828dd367006c568afde86340aa6214: {
    arm: 'mlp-signum-3',
    exponent: -7,
    tried: [
      [-8, 24.600772],
      [-7, 19.350684],
      [-6, 28.603495],
    ],
  },
  cc951afbba71b2a24c8172b7bdef7743: {
    arm: 'mlp-signum-30',
    exponent: -7,
    tried: [
      [-8, 13.550445],
      [-7, 11.850673],
      [-6, 16.302734],
    ],
  },
  f6433e9576cfeff0d88d40ba37915d6c: {
    arm: 'mlp-signum-300',
    exponent: -8,
    tried: [
      [-9, 13.600432],
      [-8, 9.800454],
      [-7, 12.851167],
      [-6, 22.655839],
    ],
  },
  '59f8bbe5dcaecc3ce641315b06cb5c07': {
    arm: 'mlp-zsgd-3',
    exponent: -7,
    tried: [
      [-8, 22.800801],
      [-7, 17.050536],
      [-6, 36.303788],
    ],
  },
  '37c41be28c8217fda00b00a9b166349e': {
    arm: 'mlp-zsgd-30',
    exponent: -6,
    tried: [
      [-7, 13.450469],
      [-6, 10.600355],
      [-5, 20.751022],
    ],
  },
  bb701b508a8a604908507fdf6bc0aac0: {
    arm: 'mlp-zsgd-300',
    exponent: -5,
    tried: [
      [-6, 9.200315],
      [-5, 7.500247],
      [-4, 9.600336],
    ],
  },
  '9459d29c57df00023db8beed698895fa': {
    arm: 'mlp-zsgd-3000',
    exponent: -4,
    tried: [
      [-5, 6.750227],
      [-4, 4.95017],
      [-3, 5.400201],
    ],
  },
  '7645f5db6952d5345720eed38689dc5b': {
    arm: 'mlp-zsgd-30000',
    exponent: -3,
    tried: [
      [-5, 6.30023],
      [-4, 4.700158],
      [-3, 4.550149],
      [-2, 7.150276],
    ],
  },
}
