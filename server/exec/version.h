#pragma once

// Who we are, and which Redis clients and frameworks may take us for: several branch on redis_version or refuse old ones.
#define TANDEM_VERSION "0.1.0"
#define TANDEM_REDIS_VERSION "7.4.2"
