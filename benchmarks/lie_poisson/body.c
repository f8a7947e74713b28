/* Free rigid bodies by hand: one with its state in registers, and many in blocks that stay in the first level of cache,
   structure of arrays, so that the inner loop over a block becomes vector instructions.

   Compiled with -DSTRANG or -DMIDPOINT. The state is three momenta about the principal axes, each of `batch` numbers one
   after the other; it is overwritten. `batch` is 1 or a multiple of BLOCK. `rates` are the reciprocal moments of
   inertia. Angles of one step are below 1/4, as momenta bound them: so few terms of a series are exact. */
#include <string.h>

#define BLOCK 64

/* sin a / a and cos a, and with them the turn of (u, v) by the angle a. */
static inline void turn(double a, double *u, double *v) {
  double s = a * a, x = *u, y = *v;
  double sine = a * (1 + s * (-1. / 6 + s * (1. / 120 + s * (-1. / 5040 + s * (1. / 362880 - s / 39916800)))));
  double cosine = 1 + s * (-.5 + s * (1. / 24 + s * (-1. / 720 + s * (1. / 40320 + s * (-1. / 3628800 + s / 479001600)))));
  *u = cosine * x + sine * y;
  *v = cosine * y - sine * x;
}

/* (1 - cos a)/a^2 and (a - sin a)/a^3 as functions of s = a^2. */
static inline double versine(double s) {
  return .5 + s * (-1. / 24 + s * (1. / 720 + s * (-1. / 40320 + s * (1. / 3628800 - s / 479001600))));
}
static inline double lag(double s) {
  return 1. / 6 + s * (-1. / 120 + s * (1. / 5040 + s * (-1. / 362880 + s / 39916800)));
}

static inline __attribute__((always_inline)) void steps_of(long n, long steps, double h, const double *rates,
                                                           int iterations, double *restrict a, double *restrict b,
                                                           double *restrict c) {
  const double p = h * rates[0], q = h * rates[1], r = h * rates[2];
#ifdef STRANG
  /* About axes 1, 2, 3, 2, 1; the last turn of a step is merged with the first one of the next. */
  for (long i = 0; i < n; i++) turn(.5 * p * a[i], b + i, c + i);
  for (long k = 0; k < steps; k++)
    for (long i = 0; i < n; i++) {
      double x = a[i], y = b[i], z = c[i];
      turn(.5 * q * y, &z, &x);
      turn(r * z, &x, &y);
      turn(.5 * q * y, &z, &x);
      turn(p * x, &y, &z);
      a[i] = x, b[i] = y, c[i] = z;
    }
  for (long i = 0; i < n; i++) turn(-.5 * p * a[i], b + i, c + i);
#else
  /* x = phi_1(ad*_xi) m with xi = h dH(x), and m + ad*_xi x; the same number of iterations always. */
  double u[BLOCK], v[BLOCK], w[BLOCK];
  for (long k = 0; k < steps; k++) {
    for (long i = 0; i < n; i++) u[i] = a[i], v[i] = b[i], w[i] = c[i];
    for (int j = 0; j <= iterations; j++)
      for (long i = 0; i < n; i++) {
        double f = p * u[i], g = q * v[i], e = r * w[i], s = f * f + g * g + e * e;
        double x = b[i] * e - c[i] * g, y = c[i] * f - a[i] * e, z = a[i] * g - b[i] * f;
        double once = versine(s), twice = lag(s);
        double ua = a[i] + once * x + twice * (y * e - z * g);
        double va = b[i] + once * y + twice * (z * f - x * e);
        double wa = c[i] + once * z + twice * (x * g - y * f);
        if (j < iterations) {
          u[i] = ua, v[i] = va, w[i] = wa;
        } else {
          a[i] += va * e - wa * g;
          b[i] += wa * f - ua * e;
          c[i] += ua * g - va * f;
        }
      }
  }
#endif
}

void run(double *state, long batch, long steps, double h, const double *rates, int iterations) {
  if (batch == 1) {
    double a = state[0], b = state[1], c = state[2];
    steps_of(1, steps, h, rates, iterations, &a, &b, &c);
    state[0] = a, state[1] = b, state[2] = c;
    return;
  }
  for (long first = 0; first < batch; first += BLOCK) {
    double block[3][BLOCK];
    for (int i = 0; i < 3; i++) memcpy(block[i], state + i * batch + first, sizeof block[i]);
    steps_of(BLOCK, steps, h, rates, iterations, block[0], block[1], block[2]);
    for (int i = 0; i < 3; i++) memcpy(state + i * batch + first, block[i], sizeof block[i]);
  }
}
