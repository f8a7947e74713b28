"""The classical tables of coefficients. `tests/solver` measures the order of every one."""

from geomdl.solver._table import alternate, palindrome

# Compositions of a symmetric step of order 2 with itself.

#: Triple jump, order 4. Yoshida, Phys. Lett. A 150 (1990); GNI II.4 (4.4).
YOSHIDA_4 = palindrome((1 / (2 - 2 ** (1 / 3)),), middle=True)
#: Five steps, order 4, none longer than the whole. Suzuki, Phys. Lett. A 146 (1990); GNI II.4 (4.5).
SUZUKI_4 = palindrome((1 / (4 - 4 ** (1 / 3)),) * 2, middle=True)
#: Seven steps, order 6, solution A. Yoshida, Phys. Lett. A 150 (1990); GNI V.3.2 (3.8).
YOSHIDA_6 = palindrome((0.78451361047755726382, 0.23557321335935813369, -1.17767998417887100695), middle=True)
#: Nine steps, order 6. Kahan & Li, Math. Comp. 66 (1997); GNI V.3.2 (3.9).
KAHAN_LI_6 = palindrome(
    (0.39216144400731413928, 0.33259913678935943860, -0.70624617255763935981, 0.08221359629355080023), middle=True
)
#: Fifteen steps, order 8. Suzuki & Umeno (1993), McLachlan, SIAM J. Sci. Comput. 16 (1995); GNI V.3.2 (3.11).
SUZUKI_UMENO_8 = palindrome(
    (
        0.74167036435061295345,
        -0.40910082580003159400,
        0.19075471029623837995,
        -0.57386247111608226666,
        0.29906418130365592384,
        0.33462491824529818378,
        0.31529309239676659663,
    ),
    middle=True,
)
#: Fifteen steps, order 8, solution D. Yoshida, Phys. Lett. A 150 (1990), table 2.
YOSHIDA_8 = palindrome(
    (
        0.91484424622974,
        0.253693336566229,
        -1.44485223686048,
        -0.158240635368243,
        1.93813913762276,
        -1.96061023297549,
        0.102799849391985,
    ),
    middle=True,
)
#: Seventeen steps, order 8. Kahan & Li, Math. Comp. 66 (1997); GNI V.3.2 (3.12).
KAHAN_LI_8 = palindrome(
    (
        0.13020248308889008088,
        0.56116298177510838456,
        -0.38947496264484728641,
        0.15884190655515560090,
        -0.39590389413323757734,
        0.18453964097831570709,
        0.25837438768632204729,
        0.29501172360931029887,
    ),
    middle=True,
)

# Splittings: for how long each part is solved, in turn.

_ROOT_19 = 19**0.5
#: Composition of symplectic Euler with its adjoint, order 4 with five stages; GNI V.3.1 (3.6).
_BETA = ((14 - _ROOT_19) / 108, (-23 - 20 * _ROOT_19) / 270, 1 / 5)
_ALPHA = ((146 + 5 * _ROOT_19) / 540, (-2 + 10 * _ROOT_19) / 135, 1 / 5)
MCLACHLAN_4 = alternate(
    palindrome((_BETA[0] + _ALPHA[0], _BETA[1] + _ALPHA[1]), middle=True),
    palindrome((_BETA[0], _ALPHA[0] + _BETA[1]), middle=False),
)
#: S6, order 4 with six stages. Blanes & Moan, J. Comput. Appl. Math. 142 (2002), table 2.
BLANES_MOAN_4 = alternate(
    palindrome((0.209515106613362, -0.143851773179818), middle=False),
    palindrome((0.0792036964311957, 0.353172906049774, -0.0420650803577195), middle=True),
)
#: S10, order 6 with ten stages. Blanes & Moan, J. Comput. Appl. Math. 142 (2002), table 2.
BLANES_MOAN_6 = alternate(
    palindrome((0.148816447901042, -0.132385865767784, 0.067307604692185, 0.432666402578175), middle=False),
    palindrome(
        (0.0502627644003922, 0.413514300428344, 0.0450798897943977, -0.188054853819569, 0.541960678450780),
        middle=True,
    ),
)
#: (10,6,4), seven stages. Blanes, Casas, Farrés, Laskar, Makazaga & Murua, Appl. Numer. Math. 68 (2013), table 3.
NEAR_INTEGRABLE_1064 = alternate(
    palindrome((0.11888191736819701995, 0.24105046055150156574, -0.27328666670532380605), middle=True),
    palindrome((0.04706710064597250613, 0.18475693541708810692, 0.28270600567983620532), middle=False),
)
