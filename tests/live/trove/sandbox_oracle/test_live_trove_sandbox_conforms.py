"""What holds for real servers under the real client holds for the sandbox."""

from test_live_trove_copies import *
from test_live_trove_servers import *
from test_live_trove_troubles import *
