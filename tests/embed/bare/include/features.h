/* What libstdc++ asks of a C library's own header. There is no C library here. */
#pragma once
#define __GLIBC_PREREQ(major, minor) 0
