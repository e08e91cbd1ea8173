"""Passwords of ten letters or more that everybody tries first, in lower case.

The list is short because `passwords.is_common` also sees repetition, runs along the alphabet or the keyboard,
and words with digits or marks hung on.
"""

STEMS = frozenset(
    """
    password passwort motdepasse contrasena contraseña senha parola wachtwoord haslo heslo lozinka salasana
    letmein welcome willkommen bienvenue bienvenido benvenuto hello hallo iloveyou ichliebedich teamo jetaime
    princess sunshine superman batman spiderman starwars football baseball basketball soccer hockey fussball
    dragon monkey master shadow michael jennifer jordan charlie ashley jessica daniel thomas andrew matthew
    qwerty qwertz azerty asdfgh zxcvbn trustno liverpool chelsea arsenal barcelona realmadrid juventus
    computer internet samsung google facebook instagram linkedin youtube whatsapp minecraft fortnite pokemon
    mustang corvette mercedes porsche ferrari yamaha harley
    chocolate butterfly flower summer winter spring autumn monday friday january december
    secret secure security private access admin administrator root toor login changeme default guest test
    freedom whatever nothing something everything forever family mother father friends love lovely loveme
    blessed blessing jesus jesuschrist godisgood heaven angel angels
    peace recovery community support garden harbour harbor
    """.split()  # noqa: SIM905
)
"""Words that carry no secret, whatever digits and marks follow them."""

WHOLE = frozenset(
    """
    correcthorse correcthorsebatterystaple thisismypassword mypassword123 passwordpassword letmeinplease
    iloveyouforever ilovemyself ilovemyfamily youarebeautiful iamthebest notapassword nopassword
    forgotpassword enterpassword newpassword oldpassword mynewpassword temppassword p@ssw0rd123
    1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc zaq12wsxcde3 q1w2e3r4t5 a1b2c3d4e5 qazwsxedcrfv
    1234qwerasdf qwer1234asdf abcd1234abcd asdf1234asdf 123qweasdzxc qweasdzxc123 qwe123qwe123 abc123abc123
    3141592653 2718281828 1123581321 0000011111 1111122222 1212121212 1231231230 1122334455 9876543210
    unbelievable manchester manchesterunited newyorkyankees dallascowboys harrypotter lordoftherings
    gameofthrones supernatural rainbowdash hellokitty mickeymouse winniethepooh
    """.split()  # noqa: SIM905
)
"""Whole passwords that are found in every list of stolen ones."""
